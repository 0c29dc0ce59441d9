namespace SmartCity.Hardware.Tests.Support;

/// <summary>Registers that several tests begin with.</summary>
internal static class Presets
{
    /// <summary>A BME280 at 0x76 with the calibration and the raw values of the worked example of Bosch's BMP280 datasheet (section 3.12; the two
    /// chips share temperature and pressure), and a humidity: 25.08 °C, 1006.53 hPa, 46.0 %.</summary>
    public static async Task Bme280Async()
    {
        var chip = new Chip(0x76);
        await chip.SetAsync(0xd0, 0x60);
        await chip.SetAsync(
            0x88,
            0x70, 0x6b, 0x43, 0x67, 0x18, 0xfc, 0x7d, 0x8e, 0x43, 0xd6, 0xd0, 0x0b, 0x27, 0x0b, 0x8c, 0x00, 0xf9, 0xff, 0x8c, 0x3c, 0xf8, 0xc6,
            0x70, 0x17, 0x00, 75);

        // dig_H2 362, H3 0, H4 313 (0x139), H5 50 (0x032), H6 30.
        await chip.SetAsync(0xe1, 0x6a, 0x01, 0x00, 0x13, 0x29, 0x03, 30);
        await chip.SetAsync(0xf3, 0x00);

        // adc_P 415148, adc_T 519888, adc_H 28384.
        await chip.SetAsync(0xf7, 0x65, 0x5a, 0xc0, 0x7e, 0xed, 0x00, 0x6e, 0xe0);
    }
}
