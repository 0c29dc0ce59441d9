using SmartCity.Edge.Enrolment;

namespace SmartCity.Edge.Cli;

/// <summary>Faults of enrolment in the person's language: what is wrong, and what to do next.</summary>
internal static class EnrolWords
{
    /// <summary>What is wrong. The library's own sentence follows where it holds a name or a reason of the server's.</summary>
    public static string What(EnrolException fault, Words words) =>
        words.Has($"enrol.fault.{fault.Fault}") ? words.Say($"enrol.fault.{fault.Fault}", fault.Message) : fault.Message;

    /// <summary>What to do.</summary>
    public static string Next(EnrolException fault, Words words) => words[$"enrol.next.{fault.Fault}"];
}
