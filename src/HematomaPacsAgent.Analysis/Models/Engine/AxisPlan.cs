namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>One axis of the source and of the model's grid, and where their voxels lie on each other. Both run in the direction of the network.</summary>
internal sealed class AxisPlan
{
    private const double EvenShare = 1e-3, Rounding = 1e-6;

    private readonly double[]? uneven; // positions of the samples, mm from the first; null where they are evenly spaced
    private readonly GridAlignment alignment;
    private readonly bool asAcquired;
    private readonly double unitMm, lead, trail, extent, length, middle, step;

    /// <param name="positionsMm">Of the source's samples, ascending.</param>
    /// <param name="singleMm">Extent of a source with one sample.</param>
    /// <param name="shiftMm">By how much the source moves along this axis from slice to slice (gantry tilt): the grid covers all of it.</param>
    /// <param name="spacingMm">Of the grid; null as acquired.</param>
    /// <param name="size">Of the grid; null covers the source.</param>
    /// <param name="alignment">Which points coincide.</param>
    public AxisPlan(IReadOnlyList<double> positionsMm, double singleMm, double shiftMm, double? spacingMm, int? size, GridAlignment alignment)
    {
        this.alignment = alignment;
        int n = SourceCount = positionsMm.Count;
        double mean = n == 1 ? singleMm : (positionsMm[^1] - positionsMm[0]) / (n - 1);
        bool even = Enumerable.Range(1, n - 1).All(k => Math.Abs(positionsMm[k] - positionsMm[k - 1] - mean) <= EvenShare * mean);
        SourceSpacingMm = even ? Math.Round(mean, 4) : mean; // positions are single floats: their noise must not decide how a count is rounded
        SpacingMm = spacingMm ?? SourceSpacingMm;
        uneven = even ? null : [.. positionsMm.Select(mm => mm - positionsMm[0])];
        unitMm = even ? SourceSpacingMm : 1;
        lead = even ? 0.5 : uneven![1] / 2;
        trail = even ? 0.5 : (uneven![^1] - uneven[^2]) / 2;
        extent = even ? n - 1 : uneven![^1];
        double shift = shiftMm / unitMm;
        length = lead + extent + shift + trail;
        middle = (extent + shift + trail - lead) / 2;
        asAcquired = spacingMm is null && size is null && shiftMm == 0;
        double grid = SpacingMm / unitMm;
        Count = asAcquired ? n : size ?? Math.Max(1, (int)Math.Round(alignment == GridAlignment.Origin ? (extent + shift) / grid + 1
            : even && shiftMm == 0 ? SourceSpacingMm / SpacingMm * n : length / grid));
        step = alignment == GridAlignment.Edges ? length / Count : grid;
        IsIdentity = asAcquired || (even && shiftMm == 0 && Count == n && (alignment == GridAlignment.Edges || Math.Abs(step - 1) < 1e-9));
    }

    public int SourceCount { get; }

    /// <summary>Voxels of the grid.</summary>
    public int Count { get; }

    public double SourceSpacingMm { get; }

    /// <summary>Spacing of the grid that the manifest asks for; the source's where it asks for none.</summary>
    public double SpacingMm { get; }

    /// <summary>The grid's voxels are the source's.</summary>
    public bool IsIdentity { get; }

    /// <summary>Centre of a voxel of the grid, mm from the first sample.</summary>
    public double PositionMm(int voxel) => IsIdentity ? (uneven is null ? voxel * unitMm : uneven[voxel]) : At(voxel) * unitMm;

    /// <summary>How to get from the samples of a source moved by <paramref name="shiftMm"/> to the grid.</summary>
    public AxisTaps Taps(double shiftMm, int order, bool areaMean)
    {
        double shift = shiftMm / unitMm;
        double[] places = [.. Enumerable.Range(0, Count).Select(voxel => At(voxel) - shift)];
        if (areaMean && step > SourceSpacingMm / unitMm) return AxisTaps.Mean(places, step, Faces());
        // A grid's last voxel may reach out of the source by half its size; further out there is no image.
        double low = -Math.Max(lead, step / 2) - Rounding, high = extent + Math.Max(trail, step / 2) + Rounding;
        return AxisTaps.At([.. places.Select(at => at < low || at > high ? double.NaN : Index(at))], SourceCount, order);
    }

    /// <summary>Where a source sample lies on the grid, in voxels; 0 is the first voxel's centre.</summary>
    public double Back(int sample, double shiftMm)
    {
        if (IsIdentity) return sample;
        double at = (uneven is null ? sample : uneven[sample]) + shiftMm / unitMm;
        return alignment switch
        {
            GridAlignment.Edges => (at + lead) / step - 0.5,
            GridAlignment.Origin => at / step,
            _ => (at - middle) / step + (Count - 1) / 2.0,
        };
    }

    private double At(int voxel) => alignment switch
    {
        GridAlignment.Edges => (voxel + 0.5) * step - lead,
        GridAlignment.Origin => voxel * step,
        _ => middle + (voxel - (Count - 1) / 2.0) * step,
    };

    /// <summary>From a place to a fraction of the sequence of samples.</summary>
    private double Index(double at)
    {
        if (uneven is null) return at;
        int above = Array.BinarySearch(uneven, at);
        if (above >= 0) return above;
        int low = Math.Clamp(~above - 1, 0, uneven.Length - 2);
        return low + (at - uneven[low]) / (uneven[low + 1] - uneven[low]);
    }

    private double[] Faces() => uneven is null
        ? [.. Enumerable.Range(0, SourceCount + 1).Select(k => k - 0.5)]
        : [-lead, .. Enumerable.Range(1, SourceCount - 1).Select(k => (uneven[k - 1] + uneven[k]) / 2), extent + trail];
}
