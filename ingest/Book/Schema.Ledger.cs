namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>
    /// What lamps and other counters counted. Energy in mWh, burning time in seconds: whole numbers. A night is the number of the day on which it begins
    /// (1 = 1 January of the year 1, as .NET counts), a month 12 × year + month − 1. Nights stand together, because every night all lamps write into one of them.
    /// </summary>
    public const string Version9 = """
        CREATE TABLE ledger_cursor(
          one INTEGER PRIMARY KEY CHECK (one = 1), log TEXT NOT NULL, position INTEGER NOT NULL, since INTEGER NOT NULL, read_to INTEGER NOT NULL);
        CREATE TABLE ledger_meters(
          id INTEGER PRIMARY KEY, device TEXT NOT NULL UNIQUE,
          energy_at INTEGER NOT NULL, energy INTEGER NOT NULL, hours_at INTEGER NOT NULL, hours INTEGER NOT NULL,
          switches_at INTEGER NOT NULL, switches INTEGER NOT NULL, power_at INTEGER NOT NULL, power REAL NOT NULL,
          on_w REAL NOT NULL, full_w REAL NOT NULL, full_seen INTEGER NOT NULL, constant REAL NOT NULL,
          seconds INTEGER NOT NULL, installed_at INTEGER NOT NULL, since INTEGER NOT NULL);
        CREATE TABLE ledger_nights(
          night INTEGER NOT NULL, meter INTEGER NOT NULL, energy INTEGER NOT NULL, morning INTEGER NOT NULL, seconds INTEGER NOT NULL,
          switches INTEGER NOT NULL, full INTEGER NOT NULL, constant INTEGER NOT NULL, estimated INTEGER NOT NULL, marks INTEGER NOT NULL,
          PRIMARY KEY(night, meter)) WITHOUT ROWID;
        CREATE TABLE ledger_months(
          month INTEGER NOT NULL, meter INTEGER NOT NULL, energy INTEGER NOT NULL, seconds INTEGER NOT NULL,
          switches INTEGER NOT NULL, full INTEGER NOT NULL, constant INTEGER NOT NULL, estimated INTEGER NOT NULL, marks INTEGER NOT NULL,
          PRIMARY KEY(month, meter)) WITHOUT ROWID;
        """;
}
