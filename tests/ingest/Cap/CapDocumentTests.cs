using System.Text;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cap;
using SmartCity.Ingest.Words;
using static SmartCity.Ingest.Tests.Cap.CapRig;

namespace SmartCity.Ingest.Tests.Cap;

/// <summary>What stands in a document.</summary>
public sealed class CapDocumentTests
{
    [Fact]
    public void A_fire_is_told_in_both_languages_with_everything_that_the_standard_asks_for()
    {
        var alert = Document(Run(Step(1, detail: "smoke-1 smoke at 2026-09-01T01:29:15.000Z"))[0]!);
        Assert.Equal("abcdefghijklmnopqrstuvwxyz.1", alert.Text("identifier"));
        Assert.Equal("ioc.example.gov.vn", alert.Text("sender"));
        Assert.Equal("2026-09-01T08:31:15+07:00", alert.Text("sent"));
        Assert.Equal(("Actual", "Alert", "Restricted", null), (alert.Text("status"), alert.Text("msgType"), alert.Text("scope"), alert.Text("references")));
        Assert.NotEmpty(alert.Text("restriction")!);
        var infos = alert.All("info");
        Assert.Equal(["vi-VN", "en-US"], infos.Select(i => i.Text("language")));
        Assert.Equal(["Cháy", "Fire"], infos.Select(i => i.Text("event")));
        Assert.Equal(["Báo cháy: Chợ Vườn Hoa, Lê Lợi", "Fire alarm: Chợ Vườn Hoa, Lê Lợi"], infos.Select(i => i.Text("headline")));
        foreach (var info in infos)
        {
            Assert.Equal(("Fire", "Evacuate", "Immediate", "Extreme", "Observed"), (info.Text("category"), info.Text("responseType"), info.Text("urgency"), info.Text("severity"), info.Text("certainty")));
            Assert.Equal(("2026-09-01T08:31:15+07:00", "2026-09-01T08:29:15+07:00", "2026-09-02T08:31:15+07:00"), (info.Text("effective"), info.Text("onset"), info.Text("expires")));
            Assert.Equal("19.8071,105.7764 0.2", Assert.Single(info.All("area")).Text("circle"));
            Assert.Contains(info.All("parameter"), p => p.Text("valueName") == "detail" && p.Text("value") == "smoke-1 smoke at 2026-09-01T01:29:15.000Z");
        }
    }

    [Fact]
    public void An_all_clear_says_so_and_asks_for_nothing()
    {
        var info = Document(Run(Step(1), Step(2, "resolved", AlertState.Resolved))[1]!).All("info")[1];
        Assert.Equal(("AllClear", "Past", "All clear – Fire alarm: Chợ Vườn Hoa, Lê Lợi"), (info.Text("responseType"), info.Text("urgency"), info.Text("headline")));
    }

    [Fact]
    public void A_pre_alarm_that_became_a_fire_is_no_all_clear()
    {
        var info = Document(Run(Step(1, kind: "fire-prealarm"), Step(2, "resolved", AlertState.Resolved, kind: "fire-prealarm", stepCause: "confirmed@9"))[1]!).All("info")[1];
        Assert.Equal(("Evacuate", "Immediate", "Observed", "Extreme"), (info.Text("responseType"), info.Text("urgency"), info.Text("certainty"), info.Text("severity")));
        Assert.DoesNotContain("not confirmed", info.Text("description")!, StringComparison.Ordinal);
        Assert.StartsWith("Leave the area", info.Text("instruction")!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drill", "Exercise", "DIỄN TẬP: ", "EXERCISE: ")]
    [InlineData("test", "Test", "THỬ: ", "TEST: ")]
    public void A_drill_and_a_test_say_so_in_status_note_and_headline(string occasion, string status, string vi, string en)
    {
        var alert = Document(Run(Step(1, occasion: occasion))[0]!);
        Assert.Equal(status, alert.Text("status"));
        Assert.NotEmpty(alert.Text("note")!);
        Assert.StartsWith(vi, alert.All("info")[0].Text("headline"), StringComparison.Ordinal);
        Assert.StartsWith(en, alert.All("info")[1].Text("headline"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_tells_its_level_its_stage_and_what_is_expected()
    {
        var step = Step(1, kind: "flood", severity: Severity.Major, detail: "stage II; stage III in about 2.3 h at 0.30 an hour") with { Value = 5.61, Threshold = 5.5 };
        var infos = Document(Run(step)[0]!).All("info");
        Assert.Contains("Mực nước 5,61 m (ngưỡng 5,50 m). Báo động II. Dự kiến đạt báo động III sau khoảng 2,3 giờ.", infos[0].Text("description")!, StringComparison.Ordinal);
        Assert.Contains("Level 5.61 m (threshold 5.50 m). Alarm level II. Alarm level III is expected in about 2.3 hours.", infos[1].Text("description")!, StringComparison.Ordinal);
        Assert.Equal("Met", infos[0].Text("category"));
    }

    [Fact]
    public void A_zone_with_a_boundary_is_a_polygon()
    {
        var ring = new (double, double)[] { (19.8, 105.7), (19.9, 105.7), (19.9, 105.8), (19.8, 105.7) };
        var area = Document(Run(Step(1))[0]!, area: new CapArea("Phường Hạc Thành", [ring])).All("info")[0].All("area")[0];
        Assert.Equal("Phường Hạc Thành", area.Text("areaDesc"));
        Assert.Equal("19.8,105.7 19.9,105.7 19.9,105.8 19.8,105.7", area.Text("polygon"));
        Assert.Null(area.Text("circle"));
    }

    [Fact]
    public void A_place_that_nobody_knows_is_named_by_the_zone_and_has_no_circle()
    {
        var area = Document(Run(Step(1) with { Location = null })[0]!).All("info")[0].All("area")[0];
        Assert.Equal(("z-1", null), (area.Text("areaDesc"), area.Text("circle")));
    }

    [Theory]
    [InlineData(0, "2026-09-01T01:30:15-00:00")]
    [InlineData(7, "2026-09-01T08:30:15+07:00")]
    [InlineData(-5, "2026-08-31T20:30:15-05:00")]
    public void A_time_has_a_numeric_offset_no_fraction_and_never_a_z(int hours, string expected) =>
        Assert.Equal(expected, CapText.Time(Start.ToOffset(TimeSpan.FromHours(hours))));

    [Theory]
    [InlineData("a b,c<d>&e\"f\tg", "a-b-c-d--e-f-g")]
    [InlineData("đ1", "-1")]
    [InlineData("abc.7", "abc.7")]
    public void A_token_has_no_blank_comma_or_ampersand(string text, string expected) => Assert.Equal(expected, CapText.Token(text));

    [Theory]
    [InlineData("a\u0000b\u0007c\u009fd", "abcd")]
    [InlineData(" a\r\n\tb ", "a b")]
    [InlineData("a\ud800b\uffffc", "abc")]
    [InlineData("\u202egnp.exe\u200b", "gnp.exe")]
    [InlineData("<script>&amp;]]>", "<script>&amp;]]>")]
    [InlineData(null, "")]
    public void Text_of_others_has_no_control_characters(string? text, string expected) => Assert.Equal(expected, CapText.Clean(text));

    [Fact]
    public void Text_of_devices_is_escaped_and_cut()
    {
        var step = Step(1, detail: "<alert>&\u0001 " + new string('x', 5000)) with { Location = new AlertLocation(1, 2, null, "</areaDesc><evil a='1'>\u0000") };
        var info = Document(Run(step)[0]!).All("info")[0];
        Assert.Equal("</areaDesc><evil a='1'>", info.All("area")[0].Text("areaDesc"));
        var detail = info.All("parameter").Single(p => p.Text("valueName") == "detail").Text("value")!;
        Assert.StartsWith("<alert>& xxx", detail, StringComparison.Ordinal);
        Assert.Equal(CapText.Longest, detail.Length);
    }

    [Fact]
    public void A_public_feed_says_public_and_a_sender_has_a_name()
    {
        var alert = Document(Run(Step(1))[0]!, Options with { Public = true, SenderName = "IOC Thanh Hóa" });
        Assert.Equal(("Public", null), (alert.Text("scope"), alert.Text("restriction")));
        Assert.Equal("IOC Thanh Hóa", alert.All("info")[0].Text("senderName"));
    }

    [Theory]
    [InlineData("+07:00<", "Z<")]
    [InlineData("<status>Actual", "<status>actual")]
    [InlineData("<scope>Restricted</scope>", "")]
    [InlineData("vwxyz.1</identifier>", "vwxyz 1</identifier>")]
    [InlineData("<category>Fire", "<category>Flood")]
    [InlineData("<urgency>", "<audience>all</audience><urgency>")]
    [InlineData(" 0.2</circle>", "</circle>")]
    [InlineData("<areaDesc>", "<areaDesc> ")]
    public void The_judge_of_form_sees_what_is_wrong(string right, string wrong)
    {
        var document = Encoding.UTF8.GetString(CapXml.Write(Run(Step(1))[0]!, Options, null));
        Assert.Contains(right, document, StringComparison.Ordinal);
        Assert.NotEmpty(Faults(Encoding.UTF8.GetBytes(document.Replace(right, wrong, StringComparison.Ordinal))));
    }

    [Fact]
    public void Both_languages_have_the_same_keys_and_every_kind_its_words()
    {
        Assert.Equal(ServerWords.Vi.Keys.Order(StringComparer.Ordinal), ServerWords.En.Keys.Order(StringComparer.Ordinal));
        foreach (var kind in CapKinds.All)
        {
            Assert.All(["event", "headline", "description", "instruction"], part => Assert.NotNull(ServerWords.Vi.Find($"cap.{kind}.{part}")));
            Assert.True(CapKinds.Find(kind)!.Decimals is null || ServerWords.Vi.Find($"cap.value.{kind}") is not null);
        }
    }
}
