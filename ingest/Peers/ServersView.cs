using SmartCity.Ingest.Cluster;

namespace SmartCity.Ingest.Peers;

/// <summary>The servers of the city, for the people who look after them.</summary>
/// <param name="Self">The one that answers; empty when it is alone.</param>
/// <param name="Alone">There is no other server, and never will be with this book.</param>
/// <param name="Book">Where the book is.</param>
/// <param name="Items">Each of them, by name.</param>
internal sealed record ServersView(string Self, bool Alone, ServersView.BookView Book, IReadOnlyList<ServersView.ServerView> Items)
{
    /// <summary>Where the city's book is kept.</summary>
    /// <param name="Engine">sqlite or postgresql.</param>
    /// <param name="Place">Where, without secrets.</param>
    /// <param name="AwayWhy">Why it cannot be reached from the server that answers; null while it can.</param>
    /// <param name="AwaySince">When it answered last; null while it does.</param>
    internal sealed record BookView(string Engine, string Place, string? AwayWhy, DateTimeOffset? AwaySince = null)
    {
        /// <summary>As it is now.</summary>
        public static BookView Of(Book.BookStore store) =>
            new(store.Engine.IsLocal ? "sqlite" : "postgresql", store.Engine.IsLocal ? "" : store.Engine.Place, store.Watch.Reason, store.Watch.Since);
    }

    /// <summary>A server.</summary>
    /// <param name="Name">What it is called.</param>
    /// <param name="State">How it stands, as the server that answers sees it.</param>
    internal sealed record ServerView(string Name, ServerState State)
    {
        /// <summary>It is the one that answers.</summary>
        public bool Self { get; init; }

        /// <summary>It escalates, delivers, and looks after what belongs to nobody.</summary>
        public bool Leader { get; init; }

        /// <summary>How often it was started.</summary>
        public long? Incarnation { get; init; }

        /// <summary>Since when it runs.</summary>
        public DateTimeOffset? StartedAt { get; init; }

        /// <summary>How long ago the book heard it.</summary>
        public double? BeatSeconds { get; init; }

        /// <summary>Where the others reach it.</summary>
        public string? Url { get; init; }

        /// <summary>Gateways whose telemetry comes to it.</summary>
        public int? Telemetry { get; init; }

        /// <summary>Gateways whose alarms come to it.</summary>
        public int? Alarm { get; init; }

        /// <summary>Why it does not answer this one, in words.</summary>
        public string? Trouble { get; init; }

        /// <summary>How long ago it answered this one.</summary>
        public double? AnsweredSeconds { get; init; }

        /// <summary>By how much its clock is ahead of this one's, where that is more than a second.</summary>
        public double? ClockAheadSeconds { get; init; }

        /// <summary>What it said of itself last.</summary>
        public PeerStatus? Status { get; init; }
    }

    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(1);

    /// <summary>As it is now.</summary>
    /// <param name="peers">The others; null: this server is alone.</param>
    /// <param name="own">This server.</param>
    /// <param name="book">Where the book is.</param>
    /// <param name="options">After how long silence a server is given up.</param>
    public static ServersView Of(PeerExchange? peers, PeerStatus own, BookView book, ClusterOptions options)
    {
        if (peers is null)
        {
            return new ServersView("", true, book, [new ServerView("", ServerState.Here) { Self = true, Leader = true, StartedAt = own.StartedAt, Status = own }]);
        }

        var table = peers.Table;
        return new ServersView(table.Self, false, book, [.. table.Servers.OrderBy(s => s.Name, StringComparer.Ordinal).Select(One)]);

        ServerView One(ServerRow row)
        {
            var self = row.Name == table.Self;
            var mirror = self ? null : peers.Of(row.Name);
            var (telemetry, alarm) = table.SessionsOf(row.Name);
            return new ServerView(row.Name, StateOf(row, self, mirror, book.AwayWhy is not null, options))
            {
                Self = self,
                Leader = row.Leader,
                Incarnation = row.Incarnation,
                StartedAt = row.StartedAt,
                BeatSeconds = row.HasLeft || book.AwayWhy is not null ? null : row.BeatAge.TotalSeconds,
                Url = row.Url,
                Telemetry = telemetry,
                Alarm = alarm,
                Trouble = mirror?.Trouble,
                AnsweredSeconds = mirror?.AnsweredAgo?.TotalSeconds,
                ClockAheadSeconds = mirror is { IsAway: false, ClockAhead: { } ahead } && ahead.Duration() > WorthSaying ? ahead.TotalSeconds : null,
                Status = self ? own : mirror?.Status,
            };
        }
    }

    private static ServerState StateOf(ServerRow row, bool self, PeerMirror? mirror, bool bookAway, ClusterOptions options) =>
        self ? row.Draining ? ServerState.Draining : ServerState.Here
        : row.HasLeft ? ServerState.Left
        : row.Fenced ? ServerState.Superseded
        : !bookAway && row.BeatAge > options.Patience ? ServerState.Silent
        : mirror is not { IsAway: false } ? bookAway ? ServerState.Silent : ServerState.Unanswering
        : row.Draining ? ServerState.Draining
        : ServerState.Here;
}

/// <summary>How a server stands.</summary>
internal enum ServerState
{
    /// <summary>It is there, and answers.</summary>
    Here,

    /// <summary>It gives away what it holds, to be stopped.</summary>
    Draining,

    /// <summary>The book hears it, and it does not answer this server: what its devices say is not known here.</summary>
    Unanswering,

    /// <summary>Nobody hears it.</summary>
    Silent,

    /// <summary>Another one took over what it held.</summary>
    Superseded,

    /// <summary>Somebody stopped it.</summary>
    Left,
}
