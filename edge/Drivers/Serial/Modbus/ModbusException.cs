namespace SmartCity.Edge.Drivers.Serial.Modbus;

/// <summary>Exceptions of a unit in words (application protocol V1.1b3, section 7).</summary>
internal static class ModbusException
{
    /// <summary>What an exception says and what to do; the device's fault; whether it may be gone at the next try.</summary>
    public static (DeviceFault Fault, string Words, bool Passing) Of(byte code) => code switch
    {
        1 => (DeviceFault.WrongChip, "it does not know this function; try the other 'function' (input or holding), or it is another meter", false),
        2 => (DeviceFault.WrongChip, "it has no such register; check 'registers' against its manual (addresses count from 0)", false),
        3 => (DeviceFault.WrongChip, "it refuses the number of registers; ask for fewer in one row", false),
        4 => (DeviceFault.Range, "it failed while it measured; switch it off and on, then replace it", false),
        5 => (DeviceFault.NoAnswer, "it needs more time than it has", true),
        6 => (DeviceFault.NoAnswer, "it is busy", true),
        7 => (DeviceFault.WrongChip, "it refuses (negative acknowledge)", false),
        8 => (DeviceFault.Checksum, "its memory has a parity error; replace it", true),
        9 => (DeviceFault.Frame, "exception 9, which the protocol does not know", false),
        10 => (DeviceFault.NoAnswer, "the Modbus gateway in between has no path to it", true),
        11 => (DeviceFault.NoAnswer, "the Modbus gateway in between got no answer from it; check its supply and 'unit'", true),
        _ => (DeviceFault.Frame, $"exception {code}, which the protocol does not know", false),
    };
}
