using System.Globalization;

namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>Resampling as PyRadiomics 3.1 does it (<c>imageoperations.resampleImage</c> over ITK).</summary>
internal sealed record PyRadiomicsResampling
{
    /// <param name="spacingXMm">New spacing along x, mm; 0 keeps the image's. Likewise y and z.</param>
    /// <param name="spacingYMm">Along y.</param>
    /// <param name="spacingZMm">Along z.</param>
    /// <exception cref="RadiomicsException">A spacing is negative or not finite.</exception>
    public PyRadiomicsResampling(double spacingXMm, double spacingYMm, double spacingZMm)
    {
        foreach (double spacing in (ReadOnlySpan<double>)[spacingXMm, spacingYMm, spacingZMm])
            if (!(spacing >= 0) || !double.IsFinite(spacing))
                throw new RadiomicsException(string.Create(CultureInfo.InvariantCulture,
                    $"resampledPixelSpacing [{spacingXMm}, {spacingYMm}, {spacingZMm}] mm: each must be finite and above 0, or 0 to keep the image's"));
        SpacingMm = [spacingXMm, spacingYMm, spacingZMm];
    }

    /// <summary>New spacing along x, y and z, mm; 0 keeps the image's.</summary>
    public IReadOnlyList<double> SpacingMm { get; }

    public Interpolator Interpolator { get; init; } = Interpolator.CubicSpline;

    /// <summary>New voxels kept around the region's bounding box, as far as the image reaches.</summary>
    public int PadDistance
    {
        get;
        init => field = value is >= 0 and <= 10_000 ? value : throw new RadiomicsException($"padDistance {value}: must be 0 to 10000 voxels");
    } = 5;

    /// <summary>Whether the image was stored in whole numbers, as a CT is. ITK then stores the result in the same type, which cuts the fraction off:
    /// -2.5 becomes -2, and 7.5 becomes 7.</summary>
    public bool IntegerPixels { get; init; } = true;

    /// <summary>Range of the image's integer type, such as 0 to 65535; values beyond (a spline overshoots) end at its limits. Unset: no limit.</summary>
    public (double Minimum, double Maximum)? PixelRange { get; init; }

    /// <summary>
    /// The new grid has the corner of the image's first voxel for its own corner; it is cut to the region's bounding box and
    /// <see cref="PadDistance"/> new voxels on each side. Along an axis where the region is one voxel thick the spacing stays. The mask is
    /// resampled by nearest neighbour. New voxels whose centre lies outside the image are 0. If no spacing changes, image and mask are only cut.
    /// </summary>
    /// <exception cref="RadiomicsException">The mask is empty, before or after, or the new image would be too large.</exception>
    public PreparedRegion Apply(ScalarImage image, bool[] mask, CancellationToken cancellation)
    {
        ImageGrid grid = image.Grid;
        Box box = Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ);
        (int From, int Size)[] region = [(box.X, box.SizeX), (box.Y, box.SizeY), (box.Z, box.SizeZ)];
        int[] size = [grid.SizeX, grid.SizeY, grid.SizeZ];
        double[] old = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm];
        double[] spacing = [.. old.Select((own, axis) => SpacingMm[axis] == 0 || region[axis].Size == 1 ? own : SpacingMm[axis])];
        if (Enumerable.Range(0, 3).All(axis => Math.Abs(old[axis] - spacing[axis]) <= 1e-8 + 1e-5 * spacing[axis]))
            return new PreparedRegion(image, mask).Crop(PadDistance);

        var start = new double[3];
        var count = new double[3];
        for (int axis = 0; axis < 3; axis++)
        {
            double ratio = old[axis] / spacing[axis];
            double low = Math.Max(0, Math.Floor((region[axis].From - 0.5) * ratio - PadDistance));
            double high = Math.Min(Math.Ceiling(size[axis] * ratio) - 1, Math.Ceiling((region[axis].From + region[axis].Size - 0.5) * ratio + PadDistance));
            start[axis] = 0.5 * (spacing[axis] - old[axis]) / old[axis] + low / ratio;
            count[axis] = high - low + 1;
        }

        if (count[0] * count[1] * count[2] > SeparableResampling.MaxVoxels)
            throw new RadiomicsException(string.Create(CultureInfo.InvariantCulture,
                $"resampling to {spacing[0]} x {spacing[1]} x {spacing[2]} mm makes {count[0]} x {count[1]} x {count[2]} voxels, at most ") +
                $"{SeparableResampling.MaxVoxels} are allowed: use a wider spacing or a smaller padDistance");
        AxisPlan[] Plans(Interpolator interpolator) => [.. Enumerable.Range(0, 3).Select(axis => AxisPlan.Create(size[axis], start[axis],
            spacing[axis] / old[axis], (int)count[axis], interpolator, OutsideRule.ZeroBeyondVoxels))];

        bool[] newMask = SeparableResampling.Nearest(mask, grid.SizeX, grid.SizeY, Plans(Interpolator.Nearest), cancellation);
        if (!newMask.AsSpan().Contains(true))
            throw new RadiomicsException($"no voxel of the region is left at {spacing[0]} x {spacing[1]} x {spacing[2]} mm: use a smaller spacing");
        double[] voxels = SeparableResampling.Apply(image.Voxels, grid.SizeX, grid.SizeY, Plans(Interpolator), cancellation);
        if (ReferenceEquals(voxels, image.Voxels)) voxels = [.. voxels];
        if (IntegerPixels) Truncate(voxels);
        ImageGrid target = new((int)count[0], (int)count[1], (int)count[2], spacing[0], spacing[1], spacing[2])
        {
            OriginMm = grid.ToPatient(start[0], start[1], start[2]),
            Direction = grid.Direction,
        };
        return new PreparedRegion(new ScalarImage(target, voxels) { WholeNumbers = IntegerPixels }, newMask);
    }

    private void Truncate(double[] voxels)
    {
        (double minimum, double maximum) = PixelRange ?? (double.MinValue, double.MaxValue);
        for (int i = 0; i < voxels.Length; i++)
        {
            // In even tissue the sum of the weights leaves 59.99999999999999, which must not become 59: rounding, not the image, would decide.
            double nearest = Math.Round(voxels[i]);
            double whole = Math.Abs(voxels[i] - nearest) < 1e-9 + 1e-12 * Math.Abs(nearest) ? nearest : Math.Truncate(voxels[i]);
            voxels[i] = Math.Clamp(whole, minimum, maximum);
        }
    }
}
