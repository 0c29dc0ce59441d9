using FsCheck;
using FsCheck.Fluent;
using SmartCity.Ingest.OnCall;

namespace SmartCity.Ingest.Tests.OnCall;

public sealed class RotaTests
{
    private static readonly DateTimeOffset Monday = new(2026, 11, 16, 7, 0, 0, TimeSpan.FromHours(7));
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(500);

    [Theory]
    [InlineData(0, "An", "Binh", 12)]
    [InlineData(11.99, "An", "Binh", 12)]
    [InlineData(12, "Binh", "Chi", 24)]
    [InlineData(24, "Chi", "An", 36)]
    [InlineData(36, "An", "Binh", 48)]
    [InlineData(-0.01, "Chi", "An", 0)]
    [InlineData(-24, "Binh", "Chi", -12)]
    [InlineData(60, "Chi", "An", 62)]        // the override of 62–64 takes An in early
    [InlineData(62, "An", "Chi", 64)]
    [InlineData(64, "Chi", "An", 72)]
    [InlineData(100, "Chi", "An", 108)]      // an override by whose turn it is anyway (96–108) changes nothing
    public void Turns_follow_one_another_and_an_override_goes_before_them(double hour, string now, string next, double changes)
    {
        var rota = Three() with { Overrides = [new(Monday.AddHours(62), Monday.AddHours(64), "An"), new(Monday.AddHours(98), Monday.AddHours(99), "Chi")] };
        Assert.Equal(now, rota.At(Monday.AddHours(hour)).Name);
        var then = rota.Next(Monday.AddHours(hour));
        Assert.Equal((next, Monday.AddHours(changes)), (then!.Value.Member.Name, then.Value.At));
    }

    [Theory]
    [InlineData(0, "An")]
    [InlineData(1, "An")]
    [InlineData(2, "An Binh")]
    [InlineData(3, "An Binh Chi")]
    [InlineData(10, "An Binh Chi")]
    public void Each_level_calls_more_people(long level, string names) =>
        Assert.Equal(names, string.Join(' ', Three().Addressees(Monday, level).Select(m => m.Name)));

    [Fact]
    public void One_alone_is_always_on_duty()
    {
        var rota = Three() with { Members = [new("An", "0912", "sms")] };
        Assert.Null(rota.Next(Monday));
        Assert.Equal(["An"], rota.Addressees(Monday, 2).Select(m => m.Name));
    }

    [Fact]
    public void The_week_has_no_gap_and_agrees_with_every_moment_of_it() => Check.One(Runs, Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var rota = Some(random);
        var from = Monday.AddMinutes(random.Next(-20_000, 20_000));
        var to = from.AddMinutes(random.Next(1, 15_000));
        var week = rota.Between(from, to, 10_000);
        Assert.Equal((from, to), (week[0].From, week[^1].To));
        Assert.All(week.Zip(week.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        for (var look = 0; look < 50; look++)
        {
            var moment = from + ((to - from) * random.NextDouble());
            Assert.Equal(rota.At(moment).Name, week.Single(t => t.From <= moment && moment < t.To).Member);
        }
    }));

    [Fact]
    public void Next_is_the_first_moment_at_which_somebody_else_is_on_duty() => Check.One(Runs, Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var rota = Some(random);
        var moment = Monday.AddMinutes(random.Next(-20_000, 20_000));
        var (now, next) = (rota.At(moment).Name, rota.Next(moment));
        if (next is var (at, member))
        {
            Assert.NotEqual(now, member.Name);
            Assert.Equal(member.Name, rota.At(at).Name);
            for (var minute = moment; minute < at; minute = minute.AddMinutes(7))
            {
                Assert.Equal(now, rota.At(minute).Name);
            }
        }
        else
        {
            Assert.Single(rota.Members);
        }
    }));

    [Theory]
    [InlineData("+84 912 345 678", true)]
    [InlineData("0237.3852.114", true)]
    [InlineData("114", true)]
    [InlineData("(0237) 3852", false)]
    [InlineData("0912\r\nX: y", false)]
    [InlineData("call me", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_phone_number_is_one(string? phone, bool good) =>
        Assert.Equal(good, RotaRules.Fault(Three() with { Members = [new("An", phone!, "sms")] }) is null);

    [Fact]
    public void What_is_no_rota_is_refused_with_words()
    {
        string Fault(Func<Rota, Rota> change) => RotaRules.Fault(change(Three())) ?? "";
        Assert.Null(RotaRules.Fault(Three()));
        Assert.Contains("\"name\"", Fault(r => r with { Name = "" }), StringComparison.Ordinal);
        Assert.Contains("\"members\" holds", Fault(r => r with { Members = [] }), StringComparison.Ordinal);
        Assert.Contains("twice", Fault(r => r with { Members = [r.Members[0], r.Members[0]] }), StringComparison.Ordinal);
        Assert.Contains("sms, call, zalo", Fault(r => r with { Members = [new("An", "0912", "fax")] }), StringComparison.Ordinal);
        Assert.Contains("\"turnHours\"", Fault(r => r with { TurnHours = 0 }), StringComparison.Ordinal);
        Assert.Contains("\"turnHours\"", Fault(r => r with { TurnHours = 745 }), StringComparison.Ordinal);
        Assert.Contains("\"start\"", Fault(r => r with { Start = default }), StringComparison.Ordinal);
        Assert.Contains("\"overrides\"[0]", Fault(r => r with { Overrides = [new(Monday, Monday, "An")] }), StringComparison.Ordinal);
        Assert.Contains("\"member\"", Fault(r => r with { Overrides = [new(Monday, Monday.AddHours(1), "Dung")] }), StringComparison.Ordinal);
        Assert.Contains("at most 200", Fault(r => r with { Overrides = [.. Enumerable.Repeat(new RotaOverride(Monday, Monday.AddHours(1), "An"), 201)] }), StringComparison.Ordinal);
    }

    private static Rota Three() => new()
    {
        Id = "ioc",
        Name = "Trực IOC",
        Members = [new("An", "+84 912 000 001", "sms"), new("Binh", "+84 912 000 002", "call"), new("Chi", "+84 912 000 003", "zalo")],
        Start = Monday,
        TurnHours = 12,
    };

    private static Rota Some(Random random)
    {
        var rota = Three() with { TurnHours = random.Next(1, 200), Start = Monday.AddMinutes(random.Next(-100_000, 100_000)) };
        return rota with
        {
            Members = [.. rota.Members.Take(random.Next(1, 4))],
            Overrides = [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ =>
            {
                var from = Monday.AddMinutes(random.Next(-20_000, 20_000));
                return new RotaOverride(from, from.AddMinutes(random.Next(1, 5_000)), "An");
            })],
        };
    }
}
