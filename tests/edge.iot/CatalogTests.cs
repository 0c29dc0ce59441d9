using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips;
using UnitsNet;

namespace SmartCity.Edge.Iot.Tests;

/// <summary>Which types of Iot.Device.Bindings are drivers here, with which settings and metrics.</summary>
public sealed class CatalogTests
{
    [Theory]
    [InlineData("iot/Bme680", "i2c", "gas_resistance_ohm pressure_hpa relative_humidity_percent temperature_celsius")]
    [InlineData("iot/Bme280", "i2c", "pressure_hpa relative_humidity_percent temperature_celsius")]
    [InlineData("iot/Scd4x", "i2c", "co2_ppm relative_humidity_percent temperature_celsius")]
    [InlineData("iot/Sht4x", "i2c", "relative_humidity_percent temperature_celsius")]
    [InlineData("iot/Bh1750fvi", "i2c", "illuminance_lux")]
    [InlineData("iot/Mlx90614", "i2c", "ambient_temperature_celsius object_temperature_celsius")]
    [InlineData("iot/Ina236", "i2c", "bus_voltage_v current_a power_w shunt_voltage_v")]
    [InlineData("iot/Max44009", "i2c", "illuminance")]
    [InlineData("iot/Max31865", "spi", "temperature_celsius")]
    [InlineData("iot/Hcsr501", "gpio", "is_motion_detected")]
    [InlineData("iot/Hcsr04", "gpio", "distance_m")]
    public void A_sensor_is_found_with_its_metrics(string name, string bus, string metrics)
    {
        var entry = IotBench.Theirs[name];
        Assert.Equal(bus, entry.Bus);
        Assert.Equal(metrics, string.Join(' ', entry.Metrics));
    }

    [Fact]
    public void What_measures_nothing_or_sits_on_no_bus_is_no_driver()
    {
        Assert.All(IotBench.Theirs.Values, e => Assert.NotEmpty(e.Metrics));
        Assert.DoesNotContain("iot/Ssd1306", IotBench.Theirs.Keys);
        Assert.DoesNotContain("iot/ValueChangedEventArgs", IotBench.Theirs.Keys);
    }

    [Fact]
    public void The_catalogue_takes_them_beside_ours_once()
    {
        var before = DriverCatalog.All.Count;
        var one = new DriverEntry("iot/OnlyInThisTest", "i2c", [], "", static (_, _) => throw new InvalidOperationException());
        DriverCatalog.Add([one]);
        Assert.Equal(before + 1, DriverCatalog.All.Count);
        Assert.Same(one, DriverCatalog.All["iot/OnlyInThisTest"]);
        Assert.Throws<ArgumentException>(() => DriverCatalog.Add([one]));
    }

    [Fact]
    public void Constructors_are_filled_from_the_settings()
    {
        using var board = new SimBoard(TimeProvider.System);
        Assert.Equal(
            ["address", "bus", "maxCurrent", "shuntResistance"],
            IotBench.Theirs["iot/Ina236"].Settings.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("Ohm", IotBench.Theirs["iot/Ina236"].Settings["shuntResistance"]);
        Assert.Contains("0x40", IotBench.Theirs["iot/Ina236"].Settings["address"], StringComparison.Ordinal);
        var ina = IotBench.Make(board, TimeProvider.System, "iot/Ina236", ("shuntResistance", "0.1"), ("maxCurrent", "2"));
        Assert.Equal("iot/Ina236 at i2c-1 0x40", ina.Where);

        Assert.StartsWith("High | Medium | Low", IotBench.Theirs["iot/Sht3x"].Settings["resolution"], StringComparison.Ordinal);
        var hc = IotBench.Make(board, TimeProvider.System, "iot/Hcsr04", ("triggerPin", "23"), ("echoPin", "24"));
        Assert.Equal("iot/Hcsr04 at gpiochip0 line 23, 24", hc.Where);
        var max = IotBench.Make(
            board, TimeProvider.System, "iot/Max31865", ("select", "1"), ("mode", "1"), ("platinumResistanceThermometerType", "Pt100"),
            ("resistanceTemperatureDetectorWires", "ThreeWire"), ("referenceResistor", "430"));
        Assert.Equal("iot/Max31865 at spidev0.1", max.Where);
    }

    [Theory]
    [InlineData("iot/Sht3x", "address: missing", "bus", "1")]
    [InlineData("iot/Sht3x", "resolution: 'Best' is none of High, Medium, Low", "address", "0x44", "resolution", "Best")]
    [InlineData("iot/Sht3x", "adress: this driver has no such setting", "address", "0x44", "adress", "0x44")]
    [InlineData("iot/Ina236", "maxCurrent: missing", "shuntResistance", "0.1")]
    [InlineData("iot/Hcsr501", "line: missing")]
    public void Settings_are_judged_as_those_of_every_driver(string name, string fault, params string[] settings)
    {
        using var board = new SimBoard(TimeProvider.System);
        var faults = new List<string>();
        IotBench.Make(board, TimeProvider.System, faults, name, settings.Chunk(2).Select(p => (p[0], p[1])).ToArray());
        Assert.Contains(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_names_them_and_what_its_kind_has_not()
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-iot");
        var file = Path.Combine(folder.FullName, "gateway.yaml");
        File.WriteAllText(file, """
            gateway: gw-1
            data: data
            servers: [mqtt://localhost:1883]
            devices:
              - id: env-1
                kind: environment_station
                sensors:
                  - { driver: iot/Bme680, bus: 1, address: 0x76, metrics: { gas_resistance_ohm: '' } }
            """);
        var config = EdgeConfigFile.Load(file, IotBench.Theirs, City.KindCatalog.BuiltIn, keys: false);
        Assert.Equal("iot/Bme680", config.Devices[0].Sensors[0].Driver.Name);

        File.WriteAllText(file, File.ReadAllText(file).Replace(", metrics: { gas_resistance_ohm: '' }", "", StringComparison.Ordinal));
        var e = Assert.Throws<ConfigException>(() => EdgeConfigFile.Load(file, IotBench.Theirs, City.KindCatalog.BuiltIn, keys: false));
        Assert.Contains("gas_resistance_ohm", e.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Units_are_converted()
    {
        (object Value, double Number, string Member, string Metric)[] cases =
        [
            (Temperature.FromKelvins(300), 26.85, "Temperature", "temperature_celsius"),
            (RelativeHumidity.FromPercent(45.5), 45.5, "TryReadHumidity", "relative_humidity_percent"),
            (Pressure.FromPascals(101_325), 1_013.25, "ReadPressure", "pressure_hpa"),
            (Illuminance.FromKilolux(1.5), 1_500, "Illuminance", "illuminance_lux"),
            (VolumeConcentration.FromPercent(0.1), 1_000, "CarbonDioxide", "co2_ppm"),
            (MassConcentration.FromMilligramsPerCubicMeter(0.5), 500, "Pm25", "pm25_ug_m3"),
            (ElectricPotential.FromMillivolts(12), 0.012, "ShuntVoltage", "voltage_v"),
            (ElectricCurrent.FromMilliamperes(5), 0.005, "ReadCurrent", "current_a"),
            (Power.FromKilowatts(2), 2_000, "GetPower", "power_w"),
            (Energy.FromMegajoules(3.6), 1, "Energy", "energy_kwh"),
            (Frequency.FromKilohertz(1), 1_000, "Frequency", "frequency_hz"),
            (Length.FromCentimeters(150), 1.5, "Distance", "distance_m"),
            (Speed.FromKilometersPerHour(36), 10, "WindSpeed", "wind_speed_m_s"),
            (Ratio.FromPartsPerMillion(10), 0.001, "Concentration", "concentration_percent"),
            (Angle.FromRadians(Math.PI), 180, "Heading", "heading_degree"),
            (ElectricResistance.FromKiloohms(2), 2_000, "GasResistance", "gas_resistance_ohm"),
            (true, 1, "IsMotionDetected", "is_motion_detected"),
            (42u, 42, "Count", "count"),
        ];
        foreach (var (value, number, member, metric) in cases)
        {
            Assert.Equal(number, IotUnits.Value(value)!.Value, 1e-9 * Math.Max(1, number));
            Assert.Equal(metric, IotUnits.Metric(member, value.GetType(), alone: true));
        }

        Assert.Equal("object_temperature_celsius", IotUnits.Metric("ReadObjectTemperature", typeof(Temperature), alone: false));
        Assert.Equal("temperature_celsius", IotUnits.Metric("Temperature", typeof(Temperature?), alone: false));
        Assert.Null(IotUnits.Value(null));
        Assert.Null(IotUnits.Value(double.NaN));
    }
}
