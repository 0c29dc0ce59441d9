using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>Files of the registry: what is written can be read again, what is bad is named, nothing throws anything else.</summary>
public sealed class RegistryFileTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public void Every_export_can_be_imported_again_in_every_form() =>
        Prop.ForAll(Arb.From(Cities()), city => Check(city).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Nothing_in_a_file_throws_but_with_its_faults() => Prop.ForAll(
        Arb.From(from seed in Gen.Choose(0, int.MaxValue) from form in Gen.Elements(RegistryFormat.Csv, RegistryFormat.GeoJson, RegistryFormat.Json) select (seed, form)),
        t => Spoil(t.seed, t.form).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Theory]
    [InlineData("""{"type":"Point","coordinates":[1,2]}""", 0, "file", "FeatureCollection")]
    [InlineData("""{"type":"FeatureCollection","features":[1]}""", 1, "properties", "type and id")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"tree","id":"x"}}]}""", 1, "type", "device, gateway, zone or street")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"gateway","id":"g"},"geometry":{"type":"Point","coordinates":[19.8,105.7]}}]}""", 1, "geometry", "comes first")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"gateway","id":"g"}},{"properties":{"type":"gateway","id":"h"},"geometry":{"type":"LineString","coordinates":[]}}]}""", 2, "geometry", "stands at a Point")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"street","id":"s"},"geometry":{"type":"LineString","coordinates":[[105,19]]}}]}""", 1, "geometry", "2 to 1000")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"zone","id":"z"},"geometry":{"type":"Polygon","coordinates":[[[105,19],[105,20],[105,19]]]}}]}""", 1, "boundary", "its last is its first")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"device","id":"d","kind":"fire_detector","gateway":7}}]}""", 1, "gateway", "in quotes")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"device","id":"d","kind":"ufo"}}]}""", 1, "kind", "catalogue")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"device","id":"d","kind":"fire_detector","fid":1}}]}""", 1, "fid", "no such property")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"zone","id":"z","phones":[{"tel":"1"}]}}]}""", 1, "phones", "a list such as")]
    [InlineData("""{"type":"FeatureCollection","features":[{"properties":{"type":"gateway","id":"\ud800"}}]}""", 1, "properties", "UTF-8")]
    [InlineData("""{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3405"}},"features":[]}""", 0, "crs", "WGS 84")]
    [InlineData("""{"type":"FeatureCollection","features":[""", 0, "file", "line 1, byte")]
    public async Task A_fault_of_a_geographic_file_names_the_feature_and_the_property(string file, int row, string field, string says)
    {
        await using var rig = await BookRig.OpenAsync();
        var refused = await Assert.ThrowsAsync<RegistryException>(() => ImportAsync(rig.Book, file, RegistryFormat.GeoJson));
        var error = Assert.Single(refused.Errors);
        Assert.Equal((row, field), (error.Row, error.Field));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_cannot_be_read_and_rows_that_are_wrong_are_told_together_in_the_order_of_the_file()
    {
        await using var rig = await BookRig.OpenAsync();
        const string Csv = """
            type,id,kind,lat,lon,thresholds,boundary,phones
            device,d-1,ufo,,,,,
            device,d-2,fire_detector,north,105,,,
            device,d-3,fire_detector,91,105,,,
            zone,z-1,fire,,,,circle,a|b|c|d
            device,d-1,fire_detector,,,,,
            device,d-5,fire_detector,19,105,I=,,
            device,d-6,fire_detector,19,105,,,,too,many
            lamp,l-1,,,,,,
            """;
        var refused = await Assert.ThrowsAsync<RegistryException>(() => ImportAsync(rig.Book, Csv, RegistryFormat.Csv));
        Assert.Equal(
            [(2, "kind"), (3, "lat"), (4, "lat"), (5, "phones"), (5, "boundary"), (6, "id"), (7, "thresholds"), (8, "row"), (9, "type")],
            refused.Errors.Select(e => (e.Row, e.Field)));
        Assert.Contains("first in row 2", refused.Errors[5].Message, StringComparison.Ordinal);
        var semicolons = await Assert.ThrowsAsync<RegistryException>(() => ImportAsync(rig.Book, "id;kind;lat\nx;y;19,8", RegistryFormat.Csv));
        Assert.Contains("semicolons", Assert.Single(semicolons.Errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=HYPERLINK(\"http://evil\")")]
    [InlineData("+84 237")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("'quoted'")]
    [InlineData("'=both")]
    [InlineData("plain")]
    public void No_text_of_ours_is_a_formula_in_a_spreadsheet_and_it_comes_back_as_it_was(string text)
    {
        var to = new StringWriter();
        RegistryCsv.Write(to, new RegistryEdits { Zones = [new() { Id = "-z", Name = text, Runbook = text, Lat = -1.5, Lon = 2 }] });
        foreach (var cell in new CsvReader(new StringReader(to.ToString().Split('\n', 2)[1])).Next()!)
        {
            Assert.True(cell.Length == 0 || cell[0] is not ('=' or '+' or '@') && (cell[0] != '-' || double.TryParse(cell, CultureInfo.InvariantCulture, out _)), cell);
        }

        var zone = Assert.Single(RegistryCsv.Read(new StringReader(to.ToString()), 10).Edits.Zones);
        Assert.Equal(("-z", text, text, -1.5), (zone.Id, zone.Name, zone.Runbook, zone.Lat));
    }

    [Fact]
    public async Task A_table_without_its_column_takes_no_line_and_no_border_away()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Zones = [new() { Id = "z", Runbook = "r", Phones = [new("a", "114")], Boundary = ZoneBoundary.Parse("""{"type":"Polygon","coordinates":[[[1,2],[3,4],[5,6],[1,2]]]}""") }],
                Streets = [new() { Id = "s", Line = [[1, 2], [3, 4]] }],
            },
            "test",
            Cancel);
        await ImportAsync(rig.Book, "type,id,name\nzone,z,Chợ\nstreet,s,Lê Lợi\n", RegistryFormat.Csv);
        var (zone, street) = (rig.Book.Registry.Current.Zones["z"], rig.Book.Registry.Current.Streets["s"]);
        Assert.Equal(("Chợ", "r", 1, 4, "Lê Lợi", 2), (zone.Name, zone.Runbook, zone.Phones.Count, zone.Boundary!.Points, street.Name, street.Line!.Count));
        await ImportAsync(rig.Book, "type,id,line,boundary,runbook,phones\nzone,z,,,,\nstreet,s,,,,\n", RegistryFormat.Csv);
        Assert.Equal((null, null, 0), (rig.Book.Registry.Current.Zones["z"].Boundary, rig.Book.Registry.Current.Zones["z"].Runbook, rig.Book.Registry.Current.Zones["z"].Phones.Count));
        Assert.Null(rig.Book.Registry.Current.Streets["s"].Line);
    }

    [Fact]
    public async Task Thirty_seven_bad_rows_of_ten_thousand_are_each_named_and_none_comes_in_until_they_are_mended()
    {
        await using var rig = await BookRig.OpenAsync();
        var (good, bad, wrong) = CityFile.TenThousand();
        var told = new Told();
        var refused = await Assert.ThrowsAsync<RegistryException>(() => ImportAsync(rig.Book, bad, RegistryFormat.Csv, told));
        Assert.Equal(37, refused.Errors.Count);
        Assert.Equal(wrong, refused.Errors.Select(e => (e.Row, e.Field)));
        Assert.All(refused.Errors, e => Assert.NotEmpty(e.Message));
        Assert.Equal((0, 0), (rig.Book.Registry.Current.Devices.Count, rig.Book.Registry.Current.Gateways.Count));
        Assert.Equal(0, await rig.Book.Store.ReadAsync(sql => sql.Number("SELECT count(*) FROM devices"), Cancel));
        Assert.True(told.Steps.Count >= 100 && told.Steps.SequenceEqual(told.Steps.Order()), "progress goes on, and on");
        Assert.Equal(10_020, told.Steps[^1]);

        var result = await ImportAsync(rig.Book, good, RegistryFormat.Csv);
        Assert.Equal((10_000, 20, 10_000), (result.Devices, result.Gateways, rig.Book.Registry.Current.Devices.Count));
    }

    internal static async Task<ImportResult> ImportAsync(CityBook book, string text, RegistryFormat format, IProgress<ImportProgress>? progress = null)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await RegistryImport.RunAsync(book.Registry, content, format, dryRun: false, "test", progress, Cancel);
    }

    private static string Write(RegistryEdits edits, RegistryFormat format)
    {
        using var bytes = new MemoryStream();
        using var text = new StringWriter();
        switch (format)
        {
            case RegistryFormat.Csv:
                RegistryCsv.Write(text, edits);
                return text.ToString();
            case RegistryFormat.GeoJson:
                GeoJsonWriter.Write(bytes, edits);
                return Encoding.UTF8.GetString(bytes.ToArray());
            default:
                return JsonSerializer.Serialize(edits, BookJson.Options);
        }
    }

    private static async Task Check(RegistryEdits city)
    {
        var export = RegistryImport.Export(Put(city));
        var whole = Write(export, RegistryFormat.Json);
        foreach (var format in Enum.GetValues<RegistryFormat>())
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes(Write(export, format)));
            var read = await RegistryImport.ReadAsync(content, format, Cancel);
            Assert.Empty(read.Errors);
            Assert.Equal(whole, Write(RegistryImport.Export(Put(read.Edits)), RegistryFormat.Json));
        }

        static RegistrySnapshot Put(RegistryEdits edits) =>
            RegistrySnapshot.Empty.With(new RegistryPlan(RegistrySnapshot.Empty, _ => true, DateTimeOffset.UnixEpoch).Make(edits));
    }

    // A good file with a few bytes or parts of it changed.
    private static async Task Spoil(int seed, RegistryFormat format)
    {
        var random = new Random(seed);
        var bytes = Encoding.UTF8.GetBytes(Write(Cities().Sample(1, 3).First(), format));
        string[] parts = ["null", "[", "]", "{}", "\"", "-1e999", "\\ud800", "true", "\"type\":", ",", "\n", ";", "|", "'", "NaN", "\u0000", "[[[[[[[[[[[[[[[[[[[["];
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(bytes.Length);
            var put = random.Next(2) == 0 ? [(byte)random.Next(256)] : Encoding.UTF8.GetBytes(parts[random.Next(parts.Length)]);
            bytes = [.. bytes[..at], .. put, .. bytes[Math.Min(bytes.Length, at + random.Next(4))..]];
        }

        using var content = new MemoryStream(bytes);
        var registry = new Registry(null!, _ => true, TimeProvider.System, new RegistryLimits());
        try
        {
            await RegistryImport.RunAsync(registry, content, format, dryRun: true, "test", null, Cancel);
        }
        catch (RegistryException e)
        {
            Assert.NotEmpty(e.Errors);
        }
    }

    private static Gen<RegistryEdits> Cities()
    {
        var text = Gen.Elements("Chợ \"Vườn Hoa\"", "Lê Lợi, số 1", "=cmd|'/c calc'!A1", "'đơn'", "a;b|c\\d", "+1", "Phố  hai", "ữ", "x").OrNull();
        var ward = Gen.Elements("Hạc Thành", "Hàm Rồng").OrNull();
        var lines = Gen.Elements("1. Gọi 114\n2. Mở cổng", "- một; hai", "=1+1\n\"ba\"", "\t x", "một, hai ").OrNull();
        var degrees = Gen.Choose(-89_999_999, 89_999_999).Select(n => n / 1e6);
        var place = Gen.Frequency((3, from a in degrees from b in degrees select ((double?)a, (double?)b)), (1, Gen.Constant<(double?, double?)>((null, null))));
        var point = from a in degrees from b in degrees select new[] { a, b };
        var ring = from p in point.ListOf(3) select (double[][])[.. p, p[0]];
        var polygon = from r in ring.ListOf(2) select (double[][][])[.. r];
        var border = (from many in Gen.Elements(true, false)
                      from p in polygon.ListOf(many ? 2 : 1)
                      select ZoneBoundary.Parse(JsonSerializer.Serialize(new { type = many ? "MultiPolygon" : "Polygon", coordinates = many ? (object)p : p[0] }))).OrNull();
        var phone = from name in text from role in text select new ZonePhone(name ?? "Bảo vệ", "+84 237 385 1234", role);
        var phones = Gen.Choose(0, 3).SelectMany(n => phone.ListOf(n));
        var zone = from id in Gen.Elements("z-1", "z-2", "-z")
                   from name in text
                   from kind in text
                   from w in ward
                   from at in place
                   from b in border
                   from r in lines
                   from p in phones
                   select new ZoneEdit { Id = id, Name = name, Kind = kind, Ward = w, Lat = at.Item1, Lon = at.Item2, Boundary = b, Runbook = r, Phones = p, Settings = name is null ? null : new Dictionary<string, double> { [ZoneSettings.Coincidence] = 30.5 } };
        var street = from id in Gen.Elements("s-1", "s-2")
                     from name in text
                     from w in ward
                     from points in Gen.Elements(0, 2, 3).SelectMany(n => point.ListOf(n))
                     select new StreetEdit { Id = id, Name = name, Ward = w, Line = points.Count == 0 ? null : [.. points] };
        var gateway = from id in Gen.Elements("g-1", "g-2") from name in text from at in place select new GatewayEdit { Id = id, Name = name, Lat = at.Item1, Lon = at.Item2 };
        var device = from n in Gen.Choose(1, 9)
                     from name in text
                     from at in place
                     from level in Gen.Frequency((1, Gen.Constant<double?>(null)), (1, degrees.Select(d => (double?)d)))
                     select new DeviceEdit
                     {
                         Id = "d-" + n.ToString(CultureInfo.InvariantCulture),
                         Kind = "water_level",
                         Name = name,
                         Lat = at.Item1,
                         Lon = at.Item2,
                         Thresholds = level is null ? null : new Dictionary<string, double> { ["I"] = Math.Abs(level.Value) / 10 },
                     };
        return from zones in zone.ListOf(2)
               from streets in street.ListOf(2)
               from gateways in gateway.ListOf(2)
               from devices in device.ListOf(4)
               from hang in Gen.Choose(0, 1)
               let z = zones.DistinctBy(x => x.Id).ToList()
               let s = streets.DistinctBy(x => x.Id).ToList()
               let g = gateways.DistinctBy(x => x.Id).Select(x => x with { Zone = hang == 0 ? null : z[0].Id, Street = s[0].Id }).ToList()
               select new RegistryEdits
               {
                   Zones = z,
                   Streets = s,
                   Gateways = g,
                   Devices = [.. devices.DistinctBy(x => x.Id).Select(x => x with { Gateway = g[0].Id, Zone = z[0].Id, Street = hang == 0 ? null : s[0].Id })],
               };
    }

    private sealed class Told : IProgress<ImportProgress>
    {
        public List<int> Steps { get; } = [];

        public void Report(ImportProgress value) => Steps.Add(value.Done);
    }
}
