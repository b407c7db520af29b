using System.Globalization;

namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>A field in which the grids of image and mask differ.</summary>
/// <param name="Field">size, spacing, origin or direction, and the axis.</param>
/// <param name="Image">The image's value.</param>
/// <param name="Mask">The mask's value.</param>
/// <param name="OffMm">How far the difference displaces a voxel: the farthest one for spacing and direction; NaN for a size.</param>
internal sealed record GeometryMismatch(string Field, string Image, string Mask, double OffMm)
{
    public override string ToString() => double.IsNaN(OffMm)
        ? $"{Field} {Mask} instead of {Image}"
        : string.Create(CultureInfo.InvariantCulture, $"{Field} {Mask} instead of {Image} (displaces voxels by up to {OffMm:G3} mm)");
}

/// <summary>Whether a mask lies on the image's grid, and how to bring it there (PyRadiomics' <c>geometryTolerance</c> and <c>correctMask</c>).</summary>
internal static class MaskGeometry
{
    /// <summary>
    /// ITK's own default of 1e-6 refuses masks whose header was rounded to 32-bit floats: coordinates of 1 m are then off by 3e-5 mm. A twentieth
    /// of a percent of a voxel lets these pass and nothing that matters.
    /// </summary>
    public const double DefaultTolerance = 5e-4;

    /// <summary>Voxels by which a region may reach beyond the image; PyRadiomics' own number.</summary>
    private const double Overhang = 1e-3;

    /// <summary>Every field in which the grids differ by more than the tolerance; empty when they are the same.</summary>
    /// <param name="image">The image's grid.</param>
    /// <param name="mask">The mask's grid.</param>
    /// <param name="tolerance">As in ITK: for origin and spacing relative to the image's spacing along x, for the entries of the direction as they
    /// are.</param>
    public static IReadOnlyList<GeometryMismatch> Differences(ImageGrid image, ImageGrid mask, double tolerance = DefaultTolerance)
    {
        if (!(tolerance >= 0)) throw new RadiomicsException($"geometryTolerance {tolerance}: must be 0 or above");
        List<GeometryMismatch> found = [];
        (int[] size, int[] maskSize) = ([image.SizeX, image.SizeY, image.SizeZ], [mask.SizeX, mask.SizeY, mask.SizeZ]);
        (double[] spacing, double[] maskSpacing) = (Spacing(image), Spacing(mask));
        double toleranceMm = tolerance * image.SpacingXMm;
        for (int axis = 0; axis < 3; axis++)
            if (size[axis] != maskSize[axis])
                found.Add(new GeometryMismatch($"size along {Name(axis)}", $"{size[axis]}", $"{maskSize[axis]}", double.NaN));
        for (int axis = 0; axis < 3; axis++)
        {
            double off = Math.Abs(spacing[axis] - maskSpacing[axis]);
            if (off <= toleranceMm) continue;
            double farthest = off * Math.Max(1, size[axis] - 1);
            found.Add(new GeometryMismatch($"spacing along {Name(axis)}", Number(spacing[axis]), Number(maskSpacing[axis]), farthest));
        }

        (double[] origin, double[] maskOrigin) = (Origin(image), Origin(mask));
        double[] offOrigin = [.. origin.Zip(maskOrigin, (a, b) => Math.Abs(a - b))];
        if (offOrigin.Any(off => !(off <= toleranceMm)))
            found.Add(new GeometryMismatch("origin", Point(origin), Point(maskOrigin), Length(offOrigin)));
        for (int axis = 0; axis < 3; axis++)
        {
            double[] way = Column(image.Direction, axis), maskWay = Column(mask.Direction, axis), off = [.. way.Zip(maskWay, (a, b) => Math.Abs(a - b))];
            if (off.All(one => one <= tolerance)) continue;
            double farthest = Length(off) * spacing[axis] * Math.Max(1, size[axis] - 1);
            found.Add(new GeometryMismatch($"direction of {Name(axis)}", Point(way), Point(maskWay), farthest));
        }

        return found;
    }

    /// <summary>The mask on the image's grid: as it is when the grids are the same, resampled when they differ and that is allowed.</summary>
    /// <param name="image">The image's grid.</param>
    /// <param name="maskGrid">The mask's grid.</param>
    /// <param name="mask">One flag a voxel of the mask's grid.</param>
    /// <param name="tolerance">See <see cref="Differences"/>.</param>
    /// <param name="correctMask">Whether to resample a mask on another grid.</param>
    /// <param name="warnings">Receives a sentence when the mask was resampled.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="RadiomicsException">The grids differ and that is not allowed; or the region is empty or reaches beyond the image.</exception>
    public static bool[] OnImageGrid(ImageGrid image, ImageGrid maskGrid, bool[] mask, double tolerance, bool correctMask, ICollection<string> warnings,
        CancellationToken cancellation)
    {
        if (mask.Length != maskGrid.Count)
            throw new RadiomicsException($"{mask.Length} flags for a mask of {maskGrid.SizeX} x {maskGrid.SizeY} x {maskGrid.SizeZ} voxels");
        IReadOnlyList<GeometryMismatch> differences = Differences(image, maskGrid, tolerance);
        if (differences.Count == 0) return mask;
        string what = $"the mask lies on another grid than the image: {string.Join("; ", differences)}";
        if (!correctMask)
            throw new RadiomicsException($"{what}. Draw the mask on this image, raise geometryTolerance if that shift does not matter, or set " +
                "correctMask to resample the mask");
        bool[] moved = Resample(image, maskGrid, mask, cancellation);
        warnings.Add($"{what}; it was resampled by nearest neighbour");
        return moved;
    }

    /// <summary>Nearest neighbour in the mask for each of the image's voxels.</summary>
    private static bool[] Resample(ImageGrid image, ImageGrid maskGrid, bool[] mask, CancellationToken cancellation)
    {
        Box region = Box.Around(mask, maskGrid.SizeX, maskGrid.SizeY, maskGrid.SizeZ);
        Box reached = Reached(image, maskGrid, region);
        IndexMap map = IndexMap.Between(image, maskGrid);
        var result = new bool[image.Count];
        bool any = false;
        for (int z = reached.Z; z < reached.Z + reached.SizeZ; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int y = reached.Y; y < reached.Y + reached.SizeY; y++)
                for (int x = reached.X; x < reached.X + reached.SizeX; x++)
                {
                    (double i, double j, double k) = map.At(x, y, z);
                    if (!Within(i, maskGrid.SizeX) || !Within(j, maskGrid.SizeY) || !Within(k, maskGrid.SizeZ)) continue;
                    int row = Nearest(k, maskGrid.SizeZ) * maskGrid.SizeY + Nearest(j, maskGrid.SizeY);
                    bool inside = mask[row * maskGrid.SizeX + Nearest(i, maskGrid.SizeX)];
                    result[(z * image.SizeY + y) * image.SizeX + x] = inside;
                    any |= inside;
                }
        }

        return any ? result : throw new RadiomicsException("on the image's grid no voxel of the region is left: it is smaller than the image's voxels");

        static bool Within(double at, int size) => at >= -0.5 && at < size - 0.5;

        // Half way, the higher index, as ITK; coordinates carry rounding of some 1e-13.
        static int Nearest(double at, int size) => Math.Clamp((int)Math.Floor(at + 0.5 + 1e-9), 0, size - 1);
    }

    /// <summary>The image's voxels that the region's bounding box reaches.</summary>
    private static Box Reached(ImageGrid image, ImageGrid maskGrid, Box region)
    {
        IndexMap map = IndexMap.Between(maskGrid, image);
        (double[] low, double[] high) = ([double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity],
            [double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity]);
        for (int corner = 0; corner < 8; corner++)
        {
            (double i, double j, double k) = map.At(region.X - 0.5 + (corner & 1) * region.SizeX, region.Y - 0.5 + (corner >> 1 & 1) * region.SizeY,
                region.Z - 0.5 + (corner >> 2) * region.SizeZ);
            double[] at = [i, j, k];
            for (int axis = 0; axis < 3; axis++) (low[axis], high[axis]) = (Math.Min(low[axis], at[axis]), Math.Max(high[axis], at[axis]));
        }

        int[] size = [image.SizeX, image.SizeY, image.SizeZ];
        for (int axis = 0; axis < 3; axis++)
            if (low[axis] < -0.5 - Overhang || high[axis] > size[axis] - 0.5 + Overhang)
                throw new RadiomicsException(string.Create(CultureInfo.InvariantCulture,
                    $"the region reaches beyond the image along {Name(axis)}: from {low[axis]:F2} to {high[axis]:F2} in the image's voxels, which span ") +
                    $"-0.5 to {size[axis] - 0.5}. The mask belongs to another image, or was cut differently");
        int From(int axis) => Math.Clamp((int)Math.Floor(low[axis]), 0, size[axis] - 1);
        int Span(int axis) => Math.Clamp((int)Math.Ceiling(high[axis]), 0, size[axis] - 1) - From(axis) + 1;
        return new Box(From(0), From(1), From(2), Span(0), Span(1), Span(2));
    }

    private static string Name(int axis) => axis switch { 0 => "x", 1 => "y", _ => "z" };

    private static double[] Spacing(ImageGrid grid) => [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm];

    private static double[] Origin(ImageGrid grid) => [grid.OriginMm.X, grid.OriginMm.Y, grid.OriginMm.Z];

    private static double[] Column(IReadOnlyList<double> matrix, int axis) => [matrix[axis], matrix[axis + 3], matrix[axis + 6]];

    private static double Length(double[] vector) => Math.Sqrt(vector.Sum(x => x * x));

    private static string Number(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    private static string Point(double[] values) => $"({string.Join(", ", values.Select(Number))})";
}
