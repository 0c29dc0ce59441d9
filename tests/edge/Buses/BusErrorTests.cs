using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Buses.Linux;

namespace SmartCity.Edge.Tests.Buses;

/// <summary>Error numbers of the kernel in words.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class BusErrorTests
{
    /// <summary>What was tried, errno, kind of trouble, a word that the advice must have.</summary>
    public static TheoryData<int, int, int, string> Cases => new()
    {
        { (int)BusWork.I2c, 6, (int)BusFault.NoAnswer, "address" },
        { (int)BusWork.I2c, 19, (int)BusFault.NoAnswer, "address" },
        { (int)BusWork.I2c, 121, (int)BusFault.NoAnswer, "supply" },
        { (int)BusWork.I2c, 5, (int)BusFault.Broken, "pull-up" },
        { (int)BusWork.I2c, 11, (int)BusFault.Broken, "noise" },
        { (int)BusWork.I2c, 16, (int)BusFault.Broken, "holds a wire" },
        { (int)BusWork.I2c, 71, (int)BusFault.Broken, "configured one" },
        { (int)BusWork.I2c, 74, (int)BusFault.Broken, "configured one" },
        { (int)BusWork.I2c, 110, (int)BusFault.Timeout, "clock" },
        { (int)BusWork.I2c, 95, (int)BusFault.Unsupported, "adapter" },
        { (int)BusWork.I2c, 108, (int)BusFault.Failed, "asleep" },
        { (int)BusWork.Spi, 5, (int)BusFault.Broken, "wires" },
        { (int)BusWork.Spi, 90, (int)BusFault.Unsupported, "bufsiz" },
        { (int)BusWork.Spi, 22, (int)BusFault.Unsupported, "cannot" },
        { (int)BusWork.Spi, 110, (int)BusFault.Timeout, "clock" },
        { (int)BusWork.Spi, 19, (int)BusFault.Missing, "gone" },
        { (int)BusWork.Gpio, 19, (int)BusFault.Missing, "gone" },
        { (int)BusWork.Gpio, 6, (int)BusFault.Unsupported, "interrupts" },
        { (int)BusWork.Gpio, 22, (int)BusFault.Unsupported, "cannot" },
        { (int)BusWork.Gpio, 1, (int)BusFault.Unsupported, "input" },
        { (int)BusWork.Gpio, 16, (int)BusFault.Busy, "holds" },
        { (int)BusWork.Serial, 5, (int)BusFault.Missing, "plug it in" },
        { (int)BusWork.Serial, 6, (int)BusFault.Missing, "plug it in" },
        { (int)BusWork.Serial, 19, (int)BusFault.Missing, "plug it in" },
        { (int)BusWork.Serial, 25, (int)BusFault.Unsupported, "not such a device" },
        { (int)BusWork.Sysfs, 5, (int)BusFault.NoAnswer, "wire" },
        { (int)BusWork.Sysfs, 22, (int)BusFault.Unsupported, "cannot" },
        { (int)BusWork.Sysfs, 30, (int)BusFault.Denied, "read-only" },
        { (int)BusWork.Open, 2, (int)BusFault.Missing, "not there" },
        { (int)BusWork.Open, 20, (int)BusFault.Missing, "not there" },
        { (int)BusWork.Open, 6, (int)BusFault.Missing, "no hardware" },
        { (int)BusWork.Open, 13, (int)BusFault.Denied, "this user" },
        { (int)BusWork.Open, 1, (int)BusFault.Denied, "this user" },
        { (int)BusWork.Open, 16, (int)BusFault.Busy, "holds" },
        { (int)BusWork.Open, 24, (int)BusFault.Failed, "too many files" },
        { (int)BusWork.Open, 23, (int)BusFault.Failed, "too many files" },
        { (int)BusWork.Open, 12, (int)BusFault.Failed, "memory" },
        { (int)BusWork.Open, 28, (int)BusFault.Failed, "refused" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_error_number_is_a_kind_of_trouble_with_advice(int work, int error, int fault, string word)
    {
        var e = BusErrors.Of((BusWork)work, error, "the subject");
        Assert.Equal((BusFault)fault, e.Fault);
        Assert.StartsWith("the subject: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(word, e.Message, StringComparison.Ordinal);
        Assert.Contains($"errno {error}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_number_has_words_whatever_was_tried()
    {
        foreach (var work in Enum.GetValues<BusWork>())
        {
            for (var error = 0; error < 200; error++)
            {
                Assert.NotEmpty(BusErrors.Judge(work, error).Why);
            }
        }
    }

    [Fact]
    public void Who_may_not_open_a_node_is_told_its_own_group()
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bus");
        var node = Path.Combine(folder.FullName, "i2c-1");
        File.WriteAllText(node, "");
        File.SetUnixFileMode(node, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        var owner = NodeOwner.Of(node)!;
        Assert.Equal(0x1B0, owner.Mode);

        // The group's name is the one that the system's own list has for the node's number.
        var groups = Path.Combine(folder.FullName, "group");
        File.WriteAllText(groups, $"root:x:99:\nbuses-of-{owner.GroupId}:x:{owner.GroupId}:a,b\nlast:x:{owner.GroupId}1:\n");
        Assert.Equal($"buses-of-{owner.GroupId}", NodeOwner.Of(node, groups)!.Group);
        if (owner.GroupId != 0)
        {
            Assert.Contains($"usermod -aG buses-of-{owner.GroupId} ", NodeOwner.Advice(node, groups), StringComparison.Ordinal);
        }

        File.SetUnixFileMode(node, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("mode 0600", NodeOwner.Advice(node, groups), StringComparison.Ordinal);
        Assert.Contains("udev", NodeOwner.Advice(node, groups), StringComparison.Ordinal);
        Assert.Null(NodeOwner.Of(Path.Combine(folder.FullName, "none")));
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_denied_bus_says_so()
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bus");
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0x1FF);
        var node = Path.Combine(folder.FullName, "i2c-1");
        File.WriteAllText(node, "");
        File.SetUnixFileMode(node, UnixFileMode.None);
        BusException? denied = null;
        var thread = new Thread(() =>
        {
            // The rights of another user, for this thread only: root may open anything.
            _ = SetFileUser(65_534);
            try
            {
                using var board = new LinuxBoard(folder.FullName);
                denied = Assert.Throws<BusException>(() => board.OpenI2c(1, 0x76));
            }
            finally
            {
                _ = SetFileUser(0);
            }
        });
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "the bus is still being opened");
        folder.Delete(recursive: true);
        Assert.Equal(BusFault.Denied, denied!.Fault);
        Assert.Contains("mode 0000", denied.Message, StringComparison.Ordinal);
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileUser(uint user);
}
