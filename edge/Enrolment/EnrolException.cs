namespace SmartCity.Edge.Enrolment;

/// <summary>Why an enrolment did not succeed.</summary>
internal enum EnrolFault
{
    /// <summary>Anything else; the message says.</summary>
    Other,

    /// <summary>The server cannot be reached.</summary>
    NoAnswer,

    /// <summary>What answers does not speak TLS: the plain port, or another one.</summary>
    NoTls,

    /// <summary>The server does not take the code: wrong, used, expired, for another gateway.</summary>
    Code,

    /// <summary>Too many attempts from this address.</summary>
    TooMany,

    /// <summary>The authority is not the one whose fingerprint was given.</summary>
    OtherCity,

    /// <summary>The server's certificate does not name the host that was called.</summary>
    OtherHost,

    /// <summary>By this machine's clock a certificate is not valid now.</summary>
    Clock,

    /// <summary>The certificate is for another key than the one kept here.</summary>
    OtherKey,

    /// <summary>The certificate is for another gateway.</summary>
    OtherGateway,

    /// <summary>The fingerprint is none.</summary>
    Fingerprint,

    /// <summary>A file or answer is not what it should be.</summary>
    Malformed,

    /// <summary>No request was made here, so there is no key that an answer could fit.</summary>
    NoRequest,
}

/// <summary>Enrolment did not succeed; the message says what to do.</summary>
internal sealed class EnrolException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public EnrolFault Fault { get; init; }
}
