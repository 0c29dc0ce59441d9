using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.City;
using SmartCity.Edge.Uplink;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Tests;

public sealed class PartsTests
{
    [Fact]
    public void Flights_land_in_order_whatever_the_order_of_acknowledgements() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<int[]>(),
            keys =>
            {
                var count = Math.Min(keys.Length, 32);
                var flights = new Flights(32);
                var numbers = Enumerable.Range(0, count)
                    .Select(i => flights.Add(new Flight(new LogCursor(Guid.Empty, Lane.Telemetry, i), 1, default, i))).ToList();
                var landed = new List<long>();
                foreach (var number in numbers.OrderBy(n => keys[(int)(n - numbers[0])]).ToList())
                {
                    flights.Complete(number);
                    while (flights.TryLand(out var flight))
                    {
                        landed.Add(flight.End.Position);
                    }
                }

                return landed.SequenceEqual(Enumerable.Range(0, count).Select(i => (long)i)) && flights.Count == 0;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_answer_from_before_a_rewind_moves_nothing()
    {
        var flights = new Flights(2);
        var old = flights.Add(default);
        flights.Clear();
        var now = flights.Add(new Flight(default, 5, default, 0));
        flights.Complete(old);
        Assert.False(flights.TryLand(out _));
        flights.Complete(now);
        Assert.True(flights.TryLand(out var flight));
        Assert.Equal(5, flight.Readings);
    }

    [Fact]
    public void A_reading_is_written_in_the_types_of_its_kind()
    {
        var kind = KindCatalog.BuiltIn.Find("fire_detector")!;
        var buffer = new byte[512];
        var at = DateTimeOffset.UnixEpoch.AddSeconds(1).AddTicks(1);
        var length = ReadingLine.Write(
            buffer, kind, "fire-1",
            [new("loop_state", 1), new("smoke_percent_per_m", 0.25), new("siren_on", 1), new("temperature_celsius", double.NaN)], at);
        Assert.Equal(
            "fire_detector,device=fire-1 loop_state=1i,smoke_percent_per_m=0.25,siren_on=true 1000000100\n",
            Encoding.UTF8.GetString(buffer, 0, length));
        Assert.Equal(0, ReadingLine.Write(buffer, kind, "fire-1", [new("power_w", 1)], at));
        Assert.Equal(0, ReadingLine.Write(buffer, kind, "fire-1", [new("loop_state", double.NaN)], at));
        Assert.Equal(0, ReadingLine.Write(new byte[80], kind, "fire-1", [new("loop_state", 1), new("siren_on", 1)], at));
    }

    [Fact]
    public void A_server_s_address_is_read_or_refused_with_words()
    {
        Assert.Equal(new ServerEndpoint("a.example", 8883, Tls: true), ServerEndpoint.Parse("mqtts://a.example"));
        Assert.Equal(new ServerEndpoint("127.0.0.1", 1900, Tls: false), ServerEndpoint.Parse("mqtt://127.0.0.1:1900"));
        Assert.Contains("mqtts://", Assert.Throws<FormatException>(() => ServerEndpoint.Parse("a.example:1883")).Message, StringComparison.Ordinal);
    }
}
