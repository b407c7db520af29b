using System.Globalization;

namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>Resampling as the IBSI reference manual has it (section 2.4, image interpolation, code VTM2).</summary>
internal sealed record IbsiResampling
{
    /// <summary>A mask value this close to the threshold counts as equal to it: sums of weights carry rounding.</summary>
    private const double HalfRounding = 1e-9;

    /// <param name="spacingXMm">New spacing along x, mm; 0 keeps the image's. Likewise y and z. In-plane resampling keeps z.</param>
    /// <param name="spacingYMm">Along y.</param>
    /// <param name="spacingZMm">Along z.</param>
    /// <exception cref="RadiomicsException">A spacing is negative or not finite.</exception>
    public IbsiResampling(double spacingXMm, double spacingYMm, double spacingZMm)
    {
        foreach (double spacing in (ReadOnlySpan<double>)[spacingXMm, spacingYMm, spacingZMm])
            if (!(spacing >= 0) || !double.IsFinite(spacing))
                throw new RadiomicsException(string.Create(CultureInfo.InvariantCulture,
                    $"spacing {spacingXMm} x {spacingYMm} x {spacingZMm} mm to resample to: each must be finite and above 0, or 0 to keep the image's"));
        SpacingMm = [spacingXMm, spacingYMm, spacingZMm];
    }

    /// <summary>New spacing along x, y and z, mm; 0 keeps the image's.</summary>
    public IReadOnlyList<double> SpacingMm { get; }

    /// <summary>For the intensities: nearest, trilinear, tricubic spline.</summary>
    public Interpolator Interpolator { get; init; } = Interpolator.Linear;

    /// <summary>For the mask: linear or nearest.</summary>
    public Interpolator MaskInterpolator
    {
        get;
        init => field = value != Interpolator.CubicSpline
            ? value
            : throw new RadiomicsException("a mask is interpolated linearly or by nearest neighbour: a spline overshoots at its edge");
    } = Interpolator.Linear;

    /// <summary>A new voxel with at least this share of the region belongs to it.</summary>
    public double MaskThreshold
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new RadiomicsException($"mask threshold {value}: must be above 0, at most 1");
    } = 0.5;

    /// <summary>Whether intensities become whole numbers, as IBSI asks for CT; exact halves go to the even neighbour.</summary>
    public bool Round { get; init; }

    /// <summary>The grid of the whole new image: ceil(n spacing / new spacing) voxels an axis, with the same centre as the image.</summary>
    /// <exception cref="RadiomicsException">It has too many voxels.</exception>
    public ImageGrid GridFor(ImageGrid grid)
    {
        Axis[] axes = Axes(grid);
        if ((double)axes[0].Count * axes[1].Count * axes[2].Count > SeparableResampling.MaxVoxels)
            throw new RadiomicsException(string.Create(CultureInfo.InvariantCulture,
                $"resampling to {axes[0].SpacingMm} x {axes[1].SpacingMm} x {axes[2].SpacingMm} mm makes {axes[0].Count} x {axes[1].Count} x ") +
                $"{axes[2].Count} voxels, at most {SeparableResampling.MaxVoxels} are allowed: use a wider spacing");
        return new ImageGrid((int)axes[0].Count, (int)axes[1].Count, (int)axes[2].Count, axes[0].SpacingMm, axes[1].SpacingMm, axes[2].SpacingMm)
        {
            OriginMm = grid.ToPatient(axes[0].Start, axes[1].Start, axes[2].Start),
            Direction = grid.Direction,
        };
    }

    /// <summary>Resamples image and mask whole.</summary>
    /// <exception cref="RadiomicsException">The mask is empty, before or after, or the new image would be too large.</exception>
    public PreparedRegion Apply(ScalarImage image, bool[] mask, CancellationToken cancellation)
    {
        ImageGrid target = GridFor(image.Grid);
        (Box box, bool[] flags) = MaskAround(image.Grid, mask, target, cancellation);
        var whole = new bool[target.Count];
        for (int z = 0, source = 0; z < box.SizeZ; z++)
            for (int y = 0; y < box.SizeY; y++, source += box.SizeX)
                flags.AsSpan(source, box.SizeX).CopyTo(whole.AsSpan(((box.Z + z) * target.SizeY + box.Y + y) * target.SizeX + box.X));
        return new PreparedRegion(Intensities(image, target, target.Whole, cancellation), whole);
    }

    /// <summary>Resamples what lies around the region: the same voxels as <see cref="Apply"/> would give there, without the others.</summary>
    /// <param name="image">The image.</param>
    /// <param name="mask">The region.</param>
    /// <param name="margin">New voxels kept around the region's new bounding box, as far as the image reaches.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The part, and its place in <see cref="GridFor"/>'s grid.</returns>
    /// <exception cref="RadiomicsException">The mask is empty, before or after, or the new image would be too large.</exception>
    public (PreparedRegion Region, Box Place) ApplyAround(ScalarImage image, bool[] mask, int margin, CancellationToken cancellation)
    {
        ImageGrid target = GridFor(image.Grid);
        (Box box, bool[] flags) = MaskAround(image.Grid, mask, target, cancellation);
        Box tight = Box.Around(flags, box.SizeX, box.SizeY, box.SizeZ);
        Box region = tight with { X = tight.X + box.X, Y = tight.Y + box.Y, Z = tight.Z + box.Z };
        Box place = region.Grown(margin, margin, margin, target.SizeX, target.SizeY, target.SizeZ);
        var around = new bool[place.Count];
        for (int z = 0; z < tight.SizeZ; z++)
            for (int y = 0; y < tight.SizeY; y++)
                flags.AsSpan(((tight.Z + z) * box.SizeY + tight.Y + y) * box.SizeX + tight.X, tight.SizeX).CopyTo(around.AsSpan(
                    ((region.Z - place.Z + z) * place.SizeY + region.Y - place.Y + y) * place.SizeX + region.X - place.X));
        return (new PreparedRegion(Intensities(image, target, place, cancellation), around), place);
    }

    private ScalarImage Intensities(ScalarImage image, ImageGrid target, Box part, CancellationToken cancellation)
    {
        double[] voxels = SeparableResampling.Apply(image.Voxels, image.Grid.SizeX, image.Grid.SizeY, Plans(image.Grid, part, Interpolator), cancellation);
        if (ReferenceEquals(voxels, image.Voxels)) voxels = [.. voxels];
        if (Round)
            for (int i = 0; i < voxels.Length; i++) voxels[i] = Math.Round(voxels[i], MidpointRounding.ToEven);
        return new ScalarImage(target.Crop(part), voxels);
    }

    /// <summary>The new mask inside a box that holds all of it.</summary>
    private (Box Box, bool[] Flags) MaskAround(ImageGrid grid, bool[] mask, ImageGrid target, CancellationToken cancellation)
    {
        Axis[] axes = Axes(grid);
        Box old = Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ);
        // A voxel of the region reaches one voxel far; beyond the image the edge voxel's value goes on.
        (int x, int sizeX) = axes[0].Reached(old.X - 1, old.X + old.SizeX);
        (int y, int sizeY) = axes[1].Reached(old.Y - 1, old.Y + old.SizeY);
        (int z, int sizeZ) = axes[2].Reached(old.Z - 1, old.Z + old.SizeZ);
        Box box = new(x, y, z, sizeX, sizeY, sizeZ);
        AxisPlan[] plans = Plans(grid, box, MaskInterpolator);
        bool[] flags;
        if (MaskInterpolator == Interpolator.Nearest)
        {
            flags = SeparableResampling.Nearest(mask, grid.SizeX, grid.SizeY, plans, cancellation);
        }
        else
        {
            Box needed = new(plans[0].SourceFrom, plans[1].SourceFrom, plans[2].SourceFrom, plans[0].SourceCount, plans[1].SourceCount, plans[2].SourceCount);
            var shares = new double[needed.Count];
            bool[] cut = needed.Cut<bool>(mask, grid.SizeX, grid.SizeY);
            for (int i = 0; i < cut.Length; i++) shares[i] = cut[i] ? 1 : 0;
            shares = SeparableResampling.Apply(shares, [needed.SizeX, needed.SizeY, needed.SizeZ], plans, cancellation);
            flags = new bool[shares.Length];
            for (int i = 0; i < flags.Length; i++) flags[i] = shares[i] >= MaskThreshold - HalfRounding;
        }

        if (!flags.AsSpan().Contains(true))
            throw new RadiomicsException(string.Create(CultureInfo.InvariantCulture,
                $"no voxel of the region is left at {target.SpacingXMm} x {target.SpacingYMm} x {target.SpacingZMm} mm: use a smaller spacing"));
        return (box, flags);
    }

    private AxisPlan[] Plans(ImageGrid grid, Box part, Interpolator interpolator)
    {
        Axis[] axes = Axes(grid);
        return [axes[0].Plan(part.X, part.SizeX, interpolator), axes[1].Plan(part.Y, part.SizeY, interpolator), axes[2].Plan(part.Z, part.SizeZ, interpolator)];
    }

    private Axis[] Axes(ImageGrid grid) =>
        [new(grid.SizeX, grid.SpacingXMm, SpacingMm[0]), new(grid.SizeY, grid.SpacingYMm, SpacingMm[1]), new(grid.SizeZ, grid.SpacingZMm, SpacingMm[2])];

    private readonly record struct Axis
    {
        private readonly int size;
        private readonly double step;

        public Axis(int size, double oldSpacing, double newSpacing)
        {
            this.size = size;
            SpacingMm = newSpacing == 0 ? oldSpacing : newSpacing;
            step = SpacingMm / oldSpacing;
            // Spacing that divides evenly must not gain a voxel by rounding.
            Count = Math.Max(1, Math.Ceiling(size * oldSpacing / SpacingMm - 1e-9));
            Start = (size - 1) / 2.0 - (Count - 1) / 2.0 * step;
        }

        public double SpacingMm { get; }

        /// <summary>New voxels; a double, since a tiny spacing makes more than an int holds.</summary>
        public double Count { get; }

        /// <summary>Place of the first new voxel, in old voxels.</summary>
        public double Start { get; }

        public (int From, int Size) Reached(int low, int high)
        {
            int from = (int)Math.Clamp(Math.Floor((low - Start) / step), 0, Count - 1), to = (int)Math.Clamp(Math.Ceiling((high - Start) / step), 0, Count - 1);
            if (low <= 0) from = 0;
            if (high >= size - 1) to = (int)Count - 1;
            return (from, to - from + 1);
        }

        public AxisPlan Plan(int from, int count, Interpolator interpolator) =>
            AxisPlan.Create(size, Start + from * step, step, count, interpolator, OutsideRule.Clamp);
    }
}
