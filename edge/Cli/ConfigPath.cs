namespace SmartCity.Edge.Cli;

/// <summary>Which configuration file a command means: <c>--config</c>, else <c>SMARTCITY_EDGE_CONFIG</c>, else the installed one.</summary>
internal static class ConfigPath
{
    /// <summary>The option.</summary>
    public const string Option = "--config";

    /// <summary>The environment variable.</summary>
    public const string Variable = "SMARTCITY_EDGE_CONFIG";

    /// <summary>Where the package puts it.</summary>
    public const string Installed = "/etc/smartcity-edge/gateway.yaml";

    /// <summary>Without the option.</summary>
    public static string Default(Func<string, string?> variable) => variable(Variable) is { Length: > 0 } path ? path : Installed;

    /// <summary>From raw arguments, before they are parsed (the language may be in the file).</summary>
    public static string Of(string[] args, Func<string, string?> variable)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == Option && i + 1 < args.Length)
            {
                return args[i + 1];
            }

            if (args[i].StartsWith(Option + "=", StringComparison.Ordinal))
            {
                return args[i][(Option.Length + 1)..];
            }
        }

        return Default(variable);
    }
}
