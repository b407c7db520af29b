namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// A regular grid of voxels in the patient, LPS mm. The voxel (i, j, k) has its centre at Origin + Direction (i SpacingX, j SpacingY, k SpacingZ).
/// </summary>
public sealed record ImageGrid
{
    private static readonly double[] Upright = [1, 0, 0, 0, 1, 0, 0, 0, 1];

    /// <exception cref="RadiomicsException">A size is below 1, a spacing not above 0, or the voxels are more than an array holds.</exception>
    public ImageGrid(int sizeX, int sizeY, int sizeZ, double spacingXMm, double spacingYMm, double spacingZMm)
    {
        if (sizeX < 1 || sizeY < 1 || sizeZ < 1)
            throw new RadiomicsException($"an image of {sizeX} x {sizeY} x {sizeZ} voxels: each size must be at least 1");
        if (!(spacingXMm > 0 && spacingYMm > 0 && spacingZMm > 0) || !double.IsFinite(spacingXMm * spacingYMm * spacingZMm))
            throw new RadiomicsException($"spacing {spacingXMm} x {spacingYMm} x {spacingZMm} mm: each must be finite and above 0");
        if ((Int128)sizeX * sizeY * sizeZ > Array.MaxLength)
            throw new RadiomicsException($"an image of {sizeX} x {sizeY} x {sizeZ} voxels is more than memory takes: crop or resample it first");
        (SizeX, SizeY, SizeZ, SpacingXMm, SpacingYMm, SpacingZMm) = (sizeX, sizeY, sizeZ, spacingXMm, spacingYMm, spacingZMm);
    }

    public int SizeX { get; }
    public int SizeY { get; }
    public int SizeZ { get; }
    public double SpacingXMm { get; }
    public double SpacingYMm { get; }
    public double SpacingZMm { get; }

    /// <summary>Centre of the first voxel, LPS mm.</summary>
    public (double X, double Y, double Z) OriginMm { get; init; }

    /// <summary>Nine numbers, row by row; the columns are the unit vectors of the three index axes (as in ITK).</summary>
    public IReadOnlyList<double> Direction { get; init; } = Upright;

    public int Count => SizeX * SizeY * SizeZ;

    internal Box Whole => new(0, 0, 0, SizeX, SizeY, SizeZ);

    /// <summary>Place of a (fractional) voxel index, LPS mm.</summary>
    public (double X, double Y, double Z) ToPatient(double i, double j, double k)
    {
        (double x, double y, double z) = (i * SpacingXMm, j * SpacingYMm, k * SpacingZMm);
        IReadOnlyList<double> d = Direction;
        return (OriginMm.X + d[0] * x + d[1] * y + d[2] * z, OriginMm.Y + d[3] * x + d[4] * y + d[5] * z, OriginMm.Z + d[6] * x + d[7] * y + d[8] * z);
    }

    /// <summary>The grid of a box cut out of an image on this grid.</summary>
    internal ImageGrid Crop(Box box) =>
        new(box.SizeX, box.SizeY, box.SizeZ, SpacingXMm, SpacingYMm, SpacingZMm) { OriginMm = ToPatient(box.X, box.Y, box.Z), Direction = Direction };
}

/// <summary>An image of real numbers (HU, or a filter's response) on a regular grid; x fastest, then y, then z.</summary>
public sealed class ScalarImage
{
    /// <exception cref="RadiomicsException">The counts differ.</exception>
    public ScalarImage(ImageGrid grid, double[] voxels)
    {
        if (voxels.Length != grid.Count)
            throw new RadiomicsException($"{voxels.Length} intensities for {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels");
        (Grid, Voxels) = (grid, voxels);
    }

    public ImageGrid Grid { get; }

    public double[] Voxels { get; }

    /// <summary>Whether the voxels were stored as whole numbers, as a CT's are: PyRadiomics then resamples to whole numbers too.</summary>
    public bool WholeNumbers { get; init; }

    /// <summary>Range of the integer type that the voxels were stored in, such as 0 to 65535: PyRadiomics' resampling stays in it. Unset: no limit.</summary>
    public (double Minimum, double Maximum)? PixelRange { get; init; }

    internal ScalarImage Crop(Box box) => new(Grid.Crop(box), box.Cut<double>(Voxels, Grid.SizeX, Grid.SizeY)) { WholeNumbers = WholeNumbers };
}
