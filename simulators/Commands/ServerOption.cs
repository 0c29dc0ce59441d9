using System.CommandLine;
using System.CommandLine.Parsing;
using SmartCity.Edge;

namespace SmartCity.Simulators.Commands;

/// <summary>The option that names the server.</summary>
internal static class ServerOption
{
    /// <summary><c>--server mqtt://host:port</c>, by default the plain port of this machine.</summary>
    public static Option<ServerEndpoint> Create() => new("--server")
    {
        Description = "mqtt://host:port or mqtts://host:port",
        DefaultValueFactory = _ => new ServerEndpoint("127.0.0.1", 1883, Tls: false),
        CustomParser = Parse,
    };

    /// <summary>Reads an address; a wrong one becomes an error of the command line.</summary>
    public static ServerEndpoint? Parse(ArgumentResult result)
    {
        try
        {
            return ServerEndpoint.Parse(result.Tokens.Single().Value);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return null;
        }
    }
}
