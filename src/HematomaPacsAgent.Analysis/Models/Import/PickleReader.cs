using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>A name that a pickle wants looked up, e.g. <c>collections.OrderedDict</c>.</summary>
internal sealed record PickleGlobal(string Name);

/// <summary>
/// Reads Python pickles (protocol 2) as data. A pickle is a program: only the instructions that build plain values are known here, and a name is
/// looked up only where the caller knows it; anything else is refused. Nothing is nested by recursion, and the number of instructions is limited.
/// </summary>
/// <param name="bytes">The file.</param>
/// <param name="position">Where the first pickle begins.</param>
/// <param name="isKnown">Whether a name is among the few that are data.</param>
/// <param name="call">What stands for a call of such a name.</param>
/// <param name="load">What a persistent id stands for.</param>
internal sealed class PickleReader(
    byte[] bytes, int position, Func<string, bool> isKnown, Func<PickleGlobal, object?[], object> call, Func<object?[], object> load)
{
    private const int MostInstructions = 1_000_000;

    private static readonly object Mark = new();

    private readonly List<object?> stack = [];
    private readonly Dictionary<long, object?> memo = [];

    /// <summary>Where the next pickle begins.</summary>
    public int Position { get; private set; } = position;

    /// <exception cref="InvalidDataException">It is damaged, or would run code.</exception>
    public object? Read()
    {
        stack.Clear();
        memo.Clear();
        for (int count = 0; count < MostInstructions; count++)
        {
            byte instruction = Take(1)[0];
            if (instruction == '.') return Pop();
            Run(instruction);
        }

        throw new InvalidDataException($"it holds a pickle of more than {MostInstructions} instructions");
    }

    private void Run(byte instruction)
    {
        switch (instruction)
        {
            case 0x80: if (Take(1)[0] > 2) throw new InvalidDataException("it holds a pickle of a protocol above 2"); break;
            case (byte)'(': stack.Add(Mark); break;
            case (byte)'}': stack.Add(new Dictionary<object, object?>()); break;
            case (byte)']': stack.Add(new List<object?>()); break;
            case (byte)')': stack.Add(Array.Empty<object?>()); break;
            case (byte)'N': stack.Add(null); break;
            case 0x88: stack.Add(true); break;
            case 0x89: stack.Add(false); break;
            case (byte)'K': stack.Add((long)Take(1)[0]); break;
            case (byte)'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case (byte)'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 0x8a: PushWhole(new BigInteger(Take(Take(1)[0]))); break;
            case (byte)'X': stack.Add(Encoding.UTF8.GetString(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))); break;
            case (byte)'q': memo[Take(1)[0]] = Top(); break;
            case (byte)'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top(); break;
            case (byte)'h': stack.Add(Remembered(Take(1)[0])); break;
            case (byte)'j': stack.Add(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case (byte)'t': stack.Add(PopToMark()); break;
            case >= 0x85 and <= 0x87: stack.Add(Pop(instruction - 0x84)); break;
            case (byte)'a': Append([Pop()]); break;
            case (byte)'e': Append(PopToMark()); break;
            case (byte)'s': Set(Pop(2)); break;
            case (byte)'u': Set(PopToMark()); break;
            case (byte)'c': stack.Add(Global()); break;
            case (byte)'R':
                object?[] arguments = Pop() as object?[] ?? throw Damaged();
                stack.Add(call(Pop() as PickleGlobal ?? throw Damaged(), arguments));
                break;
            case (byte)'Q': stack.Add(load(Pop() as object?[] ?? throw Damaged())); break;
            case (byte)'b':
                // The attributes of a dictionary (torch keeps the versions of its modules there): not part of the weights.
                Pop();
                if (Top() is not Dictionary<object, object?>) throw new InvalidDataException("it sets the state of an object, which would run code");
                break;
            default: throw new InvalidDataException($"it holds the pickle instruction 0x{instruction:X2}, which plain weights do not need");
        }
    }

    private PickleGlobal Global()
    {
        string name = $"{Line()}.{Line()}";
        return isKnown(name) ? new PickleGlobal(name) : throw new InvalidDataException($"it names '{name}', which would run code");
    }

    private string Line()
    {
        int length = bytes.AsSpan(Position, Math.Min(256, bytes.Length - Position)).IndexOf((byte)'\n');
        if (length < 0) throw Damaged();
        string line = Encoding.UTF8.GetString(Take(length));
        Position++;
        return line;
    }

    private void PushWhole(BigInteger number)
    {
        if (number >= long.MinValue && number <= long.MaxValue) stack.Add((long)number);
        else stack.Add(number);
    }

    private void Append(object?[] values)
    {
        if (Top() is not List<object?> list) throw Damaged();
        list.AddRange(values);
    }

    private void Set(object?[] pairs)
    {
        if (Top() is not Dictionary<object, object?> dictionary || pairs.Length % 2 != 0) throw Damaged();
        // Other keys would need an equality of their own.
        for (int i = 0; i < pairs.Length; i += 2) dictionary[pairs[i] is string or long ? pairs[i]! : throw Damaged()] = pairs[i + 1];
    }

    private object? Remembered(long key) => memo.TryGetValue(key, out object? value) ? value : throw Damaged();

    private object? Top() => stack.Count > 0 && stack[^1] != Mark ? stack[^1] : throw Damaged();

    private object? Pop()
    {
        object? top = Top();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private object?[] Pop(int count)
    {
        object?[] values = new object?[count];
        while (count > 0) values[--count] = Pop();
        return values;
    }

    private object?[] PopToMark()
    {
        int at = stack.LastIndexOf(Mark);
        if (at < 0) throw Damaged();
        object?[] values = [.. stack.Skip(at + 1)];
        stack.RemoveRange(at, stack.Count - at);
        return values;
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > bytes.Length - Position) throw new InvalidDataException("it ends in the middle of a pickle");
        Position += (int)count;
        return bytes.AsSpan(Position - (int)count, (int)count);
    }

    private static InvalidDataException Damaged() => new("its pickle is damaged");
}
