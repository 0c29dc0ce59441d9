namespace SmartCity.Ingest.Api;

/// <summary>One route: who may, what it does, and what the OpenAPI description says about it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Pattern">Its path.</param>
/// <param name="Access">Who may.</param>
/// <param name="Handler">What it does.</param>
/// <param name="Summary">In one line, for the description.</param>
internal sealed record Route(string Method, string Pattern, Access Access, Func<Call, Task> Handler, string Summary)
{
    /// <summary>Query parameters it knows; an unknown one is an error, so that a misspelt filter does not show everything.</summary>
    public string[] Query { get; init; } = [];

    /// <summary>JSON it takes.</summary>
    public Type? Body { get; init; }

    /// <summary>JSON it gives.</summary>
    public Type? Reply { get; init; }

    /// <summary>Status when it went well.</summary>
    public int Success { get; init; } = 200;

    /// <summary>Which limit of the body holds.</summary>
    public Func<ApiOptions, long> MaximumBody { get; init; } = o => o.MaximumBody;

    /// <summary>It changes something: a person's request must carry the anti-forgery token.</summary>
    public bool IsChange => Method is not ("GET" or "HEAD");
}
