using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Tests.Lights;

public sealed class NaturalOrderTests
{
    [Fact]
    public void Names_stand_as_people_list_them()
    {
        string[] wanted = ["An Hưng", "Ấp Bắc", "Bà Triệu", "Cột 2", "cột 002b", "Cột 10", "Dương Đình Nghệ", "Đội Cung", "Hạc Thành", "Hàm Rồng", "La", "Là", "Lam", "Tống Duy Tân", "Trần Phú"];
        Assert.Equal(wanted, wanted.Reverse().Order(NaturalOrder.Instance));
        Assert.Equal(0, NaturalOrder.Instance.Compare("Cột 007", "cột 7"));
    }
}
