using SmartCity.City;
using SmartCity.City.Tests;
using SmartCity.Edge.Lamps;

namespace SmartCity.Edge.Tests;

/// <summary>The gateway's decision against the one level function.</summary>
public sealed class LampRulesTests
{
    [Fact]
    public void With_a_known_clock_the_decision_is_the_level_of_the_document_at_every_minute()
    {
        var start = new DateTimeOffset(2028, 2, 27, 20, 0, 0, TimeSpan.Zero);
        var reasons = new HashSet<LightReason>();
        for (var seed = 0; seed < 60; seed++)
        {
            var document = RandomLighting.Document(seed, seed % RandomLighting.Places.Length, start, days: 3);
            var plan = DesiredDocument.Read(document.Write()).Plan(RandomLighting.Lamp);
            for (var minute = 0; minute < 3 * 1440; minute++)
            {
                var now = start.AddMinutes(minute);
                var level = Lighting.Level(plan, now);
                bool? dark = (minute % 3) switch { 0 => null, 1 => true, _ => false };
                var decision = LampRules.Decide(plan, test: null, hand: false, new LampMoment(now, dark));
                reasons.Add(decision.Reason);
                if (level.Reason == LightReason.Default)
                {
                    // No programme: what sees the sky says, else it burns.
                    Assert.Equal((dark == false ? 0.0 : 100.0, dark is null ? LightReason.Default : LightReason.Sensor), (decision.Percent, decision.Reason));
                    continue;
                }

                Assert.True((level.Percent, level.Reason) == (decision.Percent, decision.Reason), $"seed {seed}, {now:O}: {decision}, not {level}");
                Assert.Equal(minute % 500 == 0 ? level.Sentence() : decision.Words(), decision.Words());
            }
        }

        Assert.Equal([LightReason.Default, LightReason.Programme, LightReason.Override, LightReason.Sensor], reasons.Order());
    }
}
