namespace SmartCity.Ingest.Book;

/// <summary>The book cannot do what was asked; the message says what and how to mend it.</summary>
internal class BookException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>This server may write no more: another one took over, or it runs twice. Trying again is of no use; the process is to end.</summary>
internal sealed class BookSupersededException(string message) : BookException(message);

/// <summary>What an engine's refusal means for who asked.</summary>
internal enum BookFault
{
    /// <summary>Nothing that waiting mends, as far as we know.</summary>
    Other,

    /// <summary>Its disk is full.</summary>
    Full,

    /// <summary>It does not answer, or takes nobody. What was asked may be asked again later.</summary>
    Away,

    /// <summary>Another process has been writing for longer than we wait.</summary>
    Busy,
}

/// <summary>The engine under the book refused.</summary>
internal sealed class BookEngineException(BookFault fault, string message, Exception? inner) : BookException(message, inner)
{
    /// <summary>What it means.</summary>
    public BookFault Fault { get; } = fault;

    /// <summary>It answers, and what we say of ourselves is not right: waiting mends it only if somebody mends the settings.</summary>
    public bool IsSettings { get; init; }

    /// <summary>What was asked was not even begun: nothing was changed.</summary>
    public bool NotBegun { get; init; }
}
