using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Tests.Lights;

/// <summary>Does a lamp follow? Every case of the judgement, beginning from one that does: 40 % wanted, asked, said, and 44 W of 100 measured 20 s ago, a step 30 s ago.</summary>
public sealed class LampJudgementTests
{
    private static readonly LampPower Power = new(100, 25, 5, 5);

    private static readonly LampFacts Good = new()
    {
        Wanted = 40,
        Settled = true,
        Connected = true,
        IsCurrent = true,
        ReportAge = TimeSpan.FromSeconds(10),
        Reported = true,
        Target = 40,
        Feedback = 40,
        Reason = "override",
        StepAge = TimeSpan.FromSeconds(30),
        Watts = 43.6,
        WattsAge = TimeSpan.FromSeconds(20),
        Power = Power,
        Clo = 100,
    };

    private static readonly LampFacts Fresh = Good with { Settled = false };

    public static TheoryData<string, string, string?> Cases => new()
    {
        { "as wanted", "Confirmed", null },
        { "gateway away", "NotFollowed", "GatewayAway" },
        { "gateway away, just ordered", "NotFollowed", "GatewayAway" },
        { "never reported, just ordered", "Sent", null },
        { "never reported", "NotFollowed", "Silent" },
        { "refused", "NotFollowed", "Refused" },
        { "silent for three minutes", "NotFollowed", "Silent" },
        { "back after a week", "Sent", null },
        { "older document, just ordered", "Sent", null },
        { "older document", "NotFollowed", "OlderVersion" },
        { "older document with the same level", "NotFollowed", "OlderVersion" },
        { "older document with the same level for the same reason, just ordered", "Confirmed", null },
        { "older document with the same level for another reason, just ordered", "Sent", null },
        { "not in the report", "NotFollowed", "Silent" },
        { "output broken", "NotFollowed", "Fault" },
        { "switch at the pole", "NotFollowed", "Hand" },
        { "switch at the pole, just ordered", "NotFollowed", "Hand" },
        { "technician's test", "NotFollowed", "Hand" },
        { "wrong clock", "NotFollowed", "OtherLevel" },
        { "not yet asked", "Sent", null },
        { "waits for its place in the cabinet", "Sent", null },
        { "output does not take it", "NotFollowed", "Fault" },
        { "output cannot say, power fits", "Confirmed", null },
        { "output cannot say, power does not fit", "NotFollowed", "PowerDoesNotFit" },
        { "not measured yet", "InForce", null },
        { "not measured for long", "InForce", "Unmeasured" },
        { "has no meter, no step known", "InForce", "Unmeasured" },
        { "measured four minutes ago", "InForce", "Unmeasured" },
        { "asked on, dark", "NotFollowed", "NoPower" },
        { "does not dim", "NotFollowed", "PowerDoesNotFit" },
        { "too little", "NotFollowed", "PowerDoesNotFit" },
        { "off and dark", "Confirmed", null },
        { "off and burns", "NotFollowed", "PowerDoesNotFit" },
        { "three percent, hardly any power", "Confirmed", null },
        { "constant light output", "Confirmed", null },
        { "constant light output without it", "NotFollowed", "PowerDoesNotFit" },
        { "half a percent beside", "Confirmed", null },
        { "two percent beside", "NotFollowed", "OtherLevel" },
        { "two percent beside on a ramp", "Confirmed", null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_lamp_is_judged_by_what_is_known(string name, string follow, string? why)
    {
        var facts = name switch
        {
            "as wanted" => Good,
            "gateway away" => Good with { Connected = false },
            "gateway away, just ordered" => Fresh with { Connected = false },
            "never reported, just ordered" => Fresh with { ReportAge = null, Reported = false, IsCurrent = false },
            "never reported" => Good with { ReportAge = null, Reported = false, IsCurrent = false },
            "refused" => Fresh with { Refuses = true, IsCurrent = false },
            "silent for three minutes" => Good with { ReportAge = TimeSpan.FromMinutes(3) },
            "back after a week" => Fresh with { ReportAge = TimeSpan.FromDays(7), IsCurrent = false },
            "older document, just ordered" => Fresh with { IsCurrent = false, Target = 100, Feedback = 100, Watts = 101 },
            "older document" => Good with { IsCurrent = false, Target = 100, Feedback = 100, Watts = 101 },
            "older document with the same level" => Good with { IsCurrent = false, SameReason = true },
            "older document with the same level for the same reason, just ordered" => Fresh with { IsCurrent = false, SameReason = true },
            "older document with the same level for another reason, just ordered" => Fresh with { IsCurrent = false },
            "not in the report" => Good with { Reported = false, Target = null, Feedback = null, Reason = null },
            "output broken" => Fresh with { Reason = "fault", Feedback = null },
            "switch at the pole" => Good with { Reason = "sensor", Target = 100, Feedback = 100, Watts = 101 },
            "switch at the pole, just ordered" => Fresh with { Reason = "sensor", Target = 100, Feedback = 100, Watts = 101 },
            "technician's test" => Good with { Reason = "override", Target = 75, Feedback = 75 },
            "wrong clock" => Good with { Reason = "programme", Target = 0, Feedback = 0, Watts = 0 },
            "not yet asked" => Fresh with { Reason = "programme", Target = 0, Feedback = 0, Watts = 0 },
            "waits for its place in the cabinet" => Fresh with { Feedback = 100, Watts = null },
            "output does not take it" => Good with { Feedback = 100, Watts = 101 },
            "output cannot say, power fits" => Good with { Feedback = null },
            "output cannot say, power does not fit" => Good with { Feedback = null, Watts = 101 },
            "not measured yet" => Good with { Watts = null, StepAge = TimeSpan.FromSeconds(1) },
            "not measured for long" => Good with { Watts = null, StepAge = TimeSpan.FromMinutes(2) },
            "has no meter, no step known" => Good with { Watts = null, StepAge = null },
            "measured four minutes ago" => Good with { WattsAge = TimeSpan.FromMinutes(4), StepAge = TimeSpan.FromMinutes(5) },
            "asked on, dark" => Good with { Watts = 0.4 },
            "does not dim" => Good with { Watts = 101 },
            "too little" => Good with { Watts = 15 },
            "off and dark" => Good with { Wanted = 0, Target = 0, Feedback = 0, Watts = 0.4 },
            "off and burns" => Good with { Wanted = 0, Target = 0, Feedback = 0, Watts = 101 },
            "three percent, hardly any power" => Good with { Wanted = 3, Target = 3, Feedback = 3, Watts = 1 },
            "constant light output" => Good with { Wanted = 100, Target = 100, Feedback = 100, Clo = 60, Watts = 62 },
            "constant light output without it" => Good with { Wanted = 100, Target = 100, Feedback = 100, Watts = 62 },
            "half a percent beside" => Good with { Target = 40.5, Feedback = 39.5 },
            "two percent beside" => Good with { Target = 42, Feedback = 42, Reason = "programme" },
            "two percent beside on a ramp" => Good with { Target = 42, Feedback = 43, Slack = 4 },
            _ => throw new ArgumentException(name, nameof(name)),
        };
        Assert.Equal((Enum.Parse<LampFollow>(follow), why is null ? (LampWhy?)null : Enum.Parse<LampWhy>(why)), LampJudgement.Judge(facts));
    }

    [Fact]
    public void Every_verdict_has_a_case()
    {
        Assert.Equal(Enum.GetNames<LampFollow>().Order(), Cases.Select(c => c.Data.Item2).Distinct().Order());
        Assert.Equal(Enum.GetNames<LampWhy>().Order(), Cases.Select(c => c.Data.Item3).OfType<string>().Distinct().Order());
    }
}
