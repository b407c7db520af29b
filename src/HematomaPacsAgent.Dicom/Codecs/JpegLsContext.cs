using System.Numerics;
using System.Runtime.CompilerServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>What was learnt of prediction errors where the neighbourhood looked alike.</summary>
/// <remarks>ISO 14495-1 §A.2.1; names as there.</remarks>
internal struct JpegLsContext
{
    /// <summary>Sum of the errors' magnitudes.</summary>
    public uint A;

    /// <summary>Sum of the errors; for run interruptions Nn, how many were negative.</summary>
    public int B;

    /// <summary>Correction of the prediction, -128 to 127.</summary>
    public int C;

    /// <summary>How often it occurred since the last halving; at least 1.</summary>
    public int N;

    /// <summary>The smallest k with N * 2^k of at least A.</summary>
    /// <param name="extra">Added to A.</param>
    /// <remarks>§A.5.1. Without branches, like <see cref="Learn"/>: they cannot be predicted, and cost half of the decoder's
    /// time.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int GolombParameter(uint extra = 0)
    {
        uint a = A + extra, n = (uint)N;
        int k = BitOperations.LeadingZeroCount(n) - BitOperations.LeadingZeroCount(a);
        k &= ~(k >> 31);
        return k + (int)((ulong)((long)(n << k) - a) >> 63);
    }

    /// <summary>Takes in an error of regular mode.</summary>
    /// <param name="step">2 * NEAR + 1.</param>
    /// <param name="reset">Halved when N has come to this.</param>
    /// <remarks>§A.6.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Learn(int error, int step, int reset)
    {
        uint a = A + (uint)((error ^ (error >> 31)) - (error >> 31));
        int b = B + error * step, n = N;
        if (n == reset)
        {
            a >>= 1;
            b >>= 1;
            n >>= 1;
        }

        n++;
        // All ones where the errors lean to that side. That the bounds are reached is rare.
        int positive = -b >> 31, negative = (b + n - 1) >> 31;
        b += n & negative;
        b -= n & positive;
        if (b > 0) b = 0;
        else if (b <= -n) b = 1 - n;
        C = Math.Clamp(C + negative - positive, -128, 127);
        (A, B, N) = (a, b, n);
    }

    /// <summary>Takes in the error of a run interruption.</summary>
    /// <remarks>§A.7.2.</remarks>
    public void LearnInterruption(uint magnitude, bool isNegative, int reset)
    {
        A += magnitude;
        if (isNegative) B++;
        if (N == reset)
        {
            A >>= 1;
            B >>= 1;
            N >>= 1;
        }

        N++;
    }
}
