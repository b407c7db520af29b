using System.Numerics;
using System.Runtime.CompilerServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The next bits of entropy-coded data.</summary>
/// <param name="bits">From the top down. Below <paramref name="count"/> bits may stand some that follow.</param>
/// <param name="count">Valid bits.</param>
internal struct BitWindow(ulong bits, int count)
{
    private ulong bits = bits;

    public readonly ulong Bits => bits;
    public int Count { get; private set; } = count;

    /// <summary>Zeros before the next one; right only up to <see cref="Count"/>.</summary>
    public readonly int LeadingZeros => BitOperations.LeadingZeroCount(bits);

    /// <summary>The next 1 to 32 bits, which stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Peek(int count) => (uint)(bits >> (64 - count));

    /// <summary>Takes 0 to 63 bits, of which <see cref="Count"/> must be at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Take(int count)
    {
        ulong value = bits >> 1 >> (63 - count);
        Skip(count);
        return value;
    }

    /// <summary>Drops 0 to 63 bits, of which <see cref="Count"/> must be at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count)
    {
        bits <<= count;
        Count -= count;
    }
}
