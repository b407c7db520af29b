namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>What a convolution sees beyond the image's edge.</summary>
public enum FilterBoundary
{
    /// <summary>The image reflected at its edge, the edge voxel doubled: c b a | a b c. The default; the IBSI reference values use it.</summary>
    Mirror,

    /// <summary>0.</summary>
    Zero,

    /// <summary>The edge voxel repeated: a a a | a b c.</summary>
    Nearest,

    /// <summary>The image repeated: a b c | a b c.</summary>
    Periodic,
}

internal static class FilterBoundaries
{
    /// <summary>The voxel that stands for a place on an axis of the given size; -1 where that is nothing but 0.</summary>
    public static int Place(this FilterBoundary boundary, int position, int size)
    {
        if ((uint)position < (uint)size) return position;
        switch (boundary)
        {
            case FilterBoundary.Zero:
                return -1;
            case FilterBoundary.Nearest:
                return position < 0 ? 0 : size - 1;
            case FilterBoundary.Periodic:
                return Modulo(position, size);
            default:
                int within = Modulo(position, 2L * size);
                return within < size ? within : (int)(2L * size - 1 - within);
        }
    }

    /// <summary>The part of an axis that places up to <paramref name="reach"/> beyond a range need, the ones beyond the edge included.</summary>
    public static (int First, int Count) Grow(this FilterBoundary boundary, int first, int count, int reach, int size)
    {
        int from = first - reach, to = first + count + reach;
        if (boundary == FilterBoundary.Periodic && (from < 0 || to > size)) return (0, size);
        // With the same reach on both sides, what is mirrored at an edge lies within the reach of the other side.
        (from, to) = (Math.Max(0, from), Math.Min(size, to));
        return (from, to - from);
    }

    private static int Modulo(long value, long period) => (int)((value % period + period) % period);
}
