using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>Everything about who is who, in one place for who wires it.</summary>
internal sealed class IdentityService : IDisposable
{
    public IdentityService(CityBook book, CityCa ca, TimeProvider time, IdentityOptions options)
    {
        Options = options;
        Time = time;
        Users = new UserBook(book.Store, time, options);
        Sessions = new Sessions(book.Store, Users, time, options);
        Keys = new ApiKeys(book.Store, time, options);
        Trust = new GatewayTrust(ca, book, time);
        book.ForeignChange += news => news.Has(BookAreas.Identity) ? Trust.LoadAsync(CancellationToken.None) : Task.CompletedTask;
        Enrolment = new Enrolment(book, Trust, time, options);
        Enrolments = new EnrolmentStates(book.Store, time, options);
        Renewal = new Renewal(book, Trust, time, options);
    }

    public IdentityOptions Options { get; }

    public TimeProvider Time { get; }

    public UserBook Users { get; }

    public Sessions Sessions { get; }

    public ApiKeys Keys { get; }

    public GatewayTrust Trust { get; }

    public Enrolment Enrolment { get; }

    /// <summary>Which gateways have certificates and codes.</summary>
    public EnrolmentStates Enrolments { get; }

    public Renewal Renewal { get; }

    /// <summary>Reads what must be in memory. Before the first gateway is let in.</summary>
    public Task LoadAsync(CancellationToken cancel) => Trust.LoadAsync(cancel);

    public void Dispose() => Users.Dispose();
}
