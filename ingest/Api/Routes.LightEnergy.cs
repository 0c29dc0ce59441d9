using SmartCity.Ingest.Ledger;

namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>What the lamps burnt, and what dimming saved.</summary>
    private static IReadOnlyList<Route> LightEnergy =>
    [
        new("GET", "/api/v1/lighting/energy", Access.See, LightEnergyApi.EnergyAsync, "Energy, burning hours, switch-ons and saving of lamps; from and to are the first and the last night, each under the day on which it begins.") { Query = ["target", "from", "to", "by", .. Form], Reply = typeof(EnergyReply) },
        new("GET", "/api/v1/lighting/ageing", Access.See, LightEnergyApi.AgeingAsync, "Burning hours of lamps against their expected life, the oldest first.") { Query = ["target", .. Form, .. Paging], Reply = typeof(LightEnergyApi.AgePage) },
        new("GET", "/api/v1/lighting/luminaires", Access.See, LightLuminaireApi.ListAsync, "Which places say something of their luminaires: constant light output, expected life, when one was put up.") { Reply = typeof(Page<LightLuminaireApi.LuminaireView>) },
        new("PUT", "/api/v1/lighting/luminaires", Access.Light, LightLuminaireApi.PutAsync, "Set or clear a place's curve of constant light output and expected life, or when a lamp was put up.") { Body = typeof(LightLuminaireApi.LuminaireBody), Reply = typeof(LightLuminaireApi.LuminaireView) },
    ];
}
