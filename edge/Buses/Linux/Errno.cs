namespace SmartCity.Edge.Buses.Linux;

/// <summary>Error numbers (asm-generic/errno-base.h and errno.h).</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoDeviceOrAddress = 6;
    public const int Again = 11;
    public const int NoMemory = 12;
    public const int Access = 13;
    public const int Busy = 16;
    public const int NoDevice = 19;
    public const int NotDirectory = 20;
    public const int Invalid = 22;
    public const int TableFull = 23;
    public const int TooManyFiles = 24;
    public const int NotTerminal = 25;
    public const int NoSpace = 28;
    public const int ReadOnlyFiles = 30;
    public const int NotImplemented = 38;
    public const int Protocol = 71;
    public const int BadMessage = 74;
    public const int MessageSize = 90;
    public const int NotSupported = 95;
    public const int Shutdown = 108;
    public const int TimedOut = 110;
    public const int RemoteInputOutput = 121;
}
