using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>Whom a device node belongs to, and what a user who may not open it has to do.</summary>
/// <param name="Group">Name of its group, or its number when <c>/etc/group</c> has none.</param>
/// <param name="GroupId">Number of its group; 0 is root's.</param>
/// <param name="Mode">Permission bits.</param>
internal sealed record NodeOwner(string Group, uint GroupId, int Mode)
{
    private const int CurrentDirectory = -100;
    private const uint ModeAndGroup = 0x2 | 0x10;
    private const int GroupMayReadAndWrite = 0x30;

    /// <summary>The owner of a node; null when it cannot be asked.</summary>
    /// <param name="node">Path, links followed.</param>
    /// <param name="groups">The file that names groups (group(5)).</param>
    public static unsafe NodeOwner? Of(string node, string groups = "/etc/group")
    {
        FileStatus status;
        try
        {
            if (Kernel.StatX(CurrentDirectory, node, 0, ModeAndGroup, &status) != 0)
            {
                return null;
            }
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before 2018; the advice then names no group.
            return null;
        }

        return new NodeOwner(NameOf(status.Group, groups), status.Group, status.Mode & 0xFFF);
    }

    /// <summary>What to do for a user who may not open a node.</summary>
    public static string Advice(string node, string groups = "/etc/group") => Of(node, groups) switch
    {
        null => "ask the administrator to give it to a group that the user is in",
        { GroupId: not 0 } owner when (owner.Mode & GroupMayReadAndWrite) == GroupMayReadAndWrite =>
            $"add the user to group {owner.Group} (sudo usermod -aG {owner.Group} {Environment.UserName}), then log in again or restart the service",
        var owner => string.Create(
            CultureInfo.InvariantCulture,
            $"it belongs to group {owner.Group} with mode {Convert.ToString(owner.Mode, 8).PadLeft(4, '0')}: a udev rule must give it to a group with mode 0660"),
    };

    private static string NameOf(uint id, string groups)
    {
        var number = id.ToString(CultureInfo.InvariantCulture);
        try
        {
            // name:password:number:members
            foreach (var line in File.ReadLines(groups))
            {
                var fields = line.Split(':');
                if (fields.Length >= 3 && fields[2] == number)
                {
                    return fields[0];
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The number says it, too.
        }

        return number;
    }
}
