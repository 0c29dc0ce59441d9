using System.Runtime.CompilerServices;

namespace SmartCity.Telemetry;

/// <content>The check of one line, part by part.</content>
public ref partial struct LineReader
{
    private void Parse(int at)
    {
        if (Line[at] == ',')
        {
            Fail(LineError.MissingMeasurement, at);
            return;
        }

        at = _measurementEnd = LineText.EndOfMeasurement(Line, at);
        _tagCursor = at;
        if (ParseTags(ref at) && ParseFields(ref at))
        {
            ParseTimestamp(at);
        }
    }

    private bool ParseTags(ref int at)
    {
        var count = 0;
        while (at < Line.Length && Line[at] == ',')
        {
            var keyStart = at + 1;
            var equals = LineText.EndOfName(Line, keyStart);
            if (equals == keyStart)
            {
                return Stop(LineError.MissingTagKey, keyStart);
            }

            var valueStart = equals + 1;
            if (equals == Line.Length || Line[equals] != '=')
            {
                return Stop(LineError.MissingTagValue, equals);
            }

            var end = LineText.EndOfName(Line, valueStart);
            if (end < Line.Length && Line[end] == '=')
            {
                return Stop(LineError.UnescapedEquals, end);
            }

            if (end == valueStart)
            {
                return Stop(LineError.MissingTagValue, valueStart);
            }

            if (++count > MaximumTags)
            {
                return Stop(LineError.TooManyTags, keyStart);
            }

            if (count > 1 && HasTag(Line[keyStart..equals], at))
            {
                return Stop(LineError.DuplicateTag, keyStart);
            }

            at = end;
        }

        _tagsEnd = at;
        at = LineText.SkipBlanks(Line, at);
        return at < Line.Length || Stop(LineError.MissingFields, Line.Length);
    }

    private readonly bool HasTag(ReadOnlySpan<byte> key, int before)
    {
        var at = _measurementEnd;
        while (at < before)
        {
            var equals = LineText.EndOfName(Line, at + 1);
            if (key.SequenceEqual(Line[(at + 1)..equals]))
            {
                return true;
            }

            at = LineText.EndOfName(Line, equals + 1);
        }

        return false;
    }

    private bool ParseFields(ref int at)
    {
        while (true)
        {
            var nameStart = at;
            var equals = LineText.EndOfName(Line, nameStart);
            if (equals == nameStart)
            {
                return Stop(LineError.MissingFieldName, nameStart);
            }

            if (equals == Line.Length || Line[equals] != '=')
            {
                return Stop(LineError.MissingFieldValue, equals);
            }

            if (_fieldCount == MaximumFields)
            {
                return Stop(LineError.TooManyFields, nameStart);
            }

            if (HasField(Line[nameStart..equals]))
            {
                return Stop(LineError.DuplicateField, nameStart);
            }

            ref var slot = ref _slots[_fieldCount];
            slot.NameStart = nameStart;
            slot.ValueStart = equals + 1;
            if (!ParseValue(ref slot))
            {
                return false;
            }

            _fieldCount++;
            at = slot.ValueEnd;
            if (at == Line.Length || Line[at] == ' ')
            {
                return true;
            }

            at++;
        }
    }

    private readonly bool HasField(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _fieldCount; i++)
        {
            ref readonly var slot = ref _slots[i];
            if (slot.ValueStart - 1 - slot.NameStart == name.Length && name.SequenceEqual(Line.Slice(slot.NameStart, name.Length)))
            {
                return true;
            }
        }

        return false;
    }

    private bool ParseValue(ref Slot slot)
    {
        var start = slot.ValueStart;
        if (start < Line.Length && Line[start] == '"')
        {
            slot.Type = LineFieldType.String;
            slot.Bits = 0;
            return ParseString(ref slot);
        }

        var length = Line[start..].IndexOfAny((byte)',', (byte)' ');
        var end = slot.ValueEnd = length < 0 ? Line.Length : start + length;
        if (end == start)
        {
            return Stop(LineError.MissingFieldValue, start);
        }

        var error = LineValue.Read(Line[start..end], out slot.Type, out slot.Bits, out var offset);
        return error == LineError.None || Stop(error, start + offset);
    }

    private bool ParseString(ref Slot slot)
    {
        var open = slot.ValueStart;
        var close = LineText.ClosingQuote(Line, open);
        if (close >= 0)
        {
            slot.ValueEnd = close + 1;
            return EndsValue(slot.ValueEnd) || Stop(LineError.TextAfterString, slot.ValueEnd);
        }

        // The string goes on behind the newline, or its quote was forgotten. It is believed only when what follows the
        // next quote can follow a string; otherwise the line stays the physical one.
        var physical = Line;
        var (next, number) = (_next, _nextNumber);
        close = LineText.ClosingQuote(_text[_start..], open);
        if (close >= 0)
        {
            slot.ValueEnd = close + 1;
            EndAt(_start + close + 1);
            _nextNumber = number + Line[..close].Count((byte)'\n');
            if (EndsValue(slot.ValueEnd))
            {
                return true;
            }
        }

        Line = physical;
        (_next, _nextNumber) = (next, number);
        return Stop(LineError.UnterminatedString, open);
    }

    private readonly bool EndsValue(int at) => at == Line.Length || Line[at] is (byte)',' or (byte)' ';

    private void ParseTimestamp(int at)
    {
        at = LineText.SkipBlanks(Line, at);
        if (at == Line.Length)
        {
            return;
        }

        var length = Line[at..].IndexOf((byte)' ');
        var end = length < 0 ? Line.Length : at + length;
        var error = LineValue.Timestamp(Line[at..end], out var value, out var offset);
        if (error != LineError.None)
        {
            Fail(error, at + offset);
            return;
        }

        Timestamp = value;
        HasTimestamp = true;
        end = LineText.SkipBlanks(Line, end);
        if (end < Line.Length)
        {
            Fail(LineError.TrailingText, end);
        }
    }

    private bool Stop(LineError error, int at)
    {
        Fail(error, at);
        return false;
    }

    private struct Slot
    {
        public int NameStart;
        public int ValueStart;
        public int ValueEnd;
        public LineFieldType Type;
        public long Bits;
    }

    [InlineArray(MaximumFields)]
    private struct Slots
    {
        private Slot _first;
    }
}
