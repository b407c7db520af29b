using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Nifti;

/// <summary>Where a NIfTI header puts its voxels: spacing, a quaternion (qform) and a matrix (sform). <see cref="Grid"/> chooses as ITK 5 does.</summary>
internal sealed record NiftiPlacement
{
    private const int Unknown = 0, ScannerAnatomical = 1;

    private readonly double[] spacing;
    private readonly double qfac;
    private readonly int qformCode, sformCode, units;
    private readonly double[] quaternion, offset, sform;
    private readonly bool isSingle;

    /// <param name="spacing"><c>pixdim</c>[0] to [3]; the first is the handedness of the qform.</param>
    /// <param name="units"><c>xyzt_units</c>.</param>
    /// <param name="qformCode">0 or below: there is no qform.</param>
    /// <param name="quaternion">b, c, d.</param>
    /// <param name="offset">Of the qform, RAS.</param>
    /// <param name="sformCode">0 or below: there is no sform.</param>
    /// <param name="sform">Three rows of four, RAS.</param>
    /// <param name="isSingle">Whether the numbers are single-precision, as in NIfTI-1; then so is the qform's matrix.</param>
    public NiftiPlacement(ReadOnlySpan<double> spacing, byte units, int qformCode, double[] quaternion, double[] offset, int sformCode, double[] sform,
        bool isSingle)
    {
        (qfac, this.spacing) = (spacing[0] < 0 ? -1 : 1, spacing.Slice(1, 3).ToArray());
        (this.units, this.qformCode, this.sformCode) = (units & 7, Math.Max(Unknown, qformCode), Math.Max(Unknown, sformCode));
        (this.quaternion, this.offset, this.sform, this.isSingle) = (quaternion, offset, sform, isSingle);
    }

    /// <summary>
    /// The grid in LPS: spacing from <c>pixdim</c>; directions and origin from the sform where it is a rotation and the header means it (its code is 1, or
    /// there is no qform, or both say the same), else from the qform. Without either the axes are those of the patient and the origin is 0.
    /// </summary>
    /// <remarks>The rules of ITK 5.3, itkNiftiImageIO. Unlike there, a spacing of 0 or below is refused, not taken as 1 mm.</remarks>
    /// <exception cref="RadiomicsException">A spacing is not above 0, or neither form is a rotation.</exception>
    public ImageGrid Grid(int sizeX, int sizeY, int sizeZ, string name)
    {
        double toMm = units switch { 1 => 1e3, 3 => 1e-3, _ => 1 };
        int[] sizes = [sizeX, sizeY, sizeZ];
        double[] step = new double[3];
        for (int axis = 0; axis < 3; axis++)
        {
            // A single slice has no distance to its neighbour; writers leave 0.
            if (spacing[axis] == 0 && sizes[axis] == 1) step[axis] = 1;
            else if (spacing[axis] > 0 && double.IsFinite(spacing[axis])) step[axis] = spacing[axis] * toMm;
            else
                throw new RadiomicsException(FormattableString.Invariant($"{name} has a spacing of {spacing[axis]} along {"xyz"[axis]}: ") +
                    "distances and volumes cannot be measured. Export it with its spacing");
        }

        ImageGrid grid = new(sizeX, sizeY, sizeZ, step[0], step[1], step[2]);
        if (qformCode == Unknown && sformCode == Unknown) return grid;
        double[] ras = Choose(name);
        double[] direction = new double[9];
        for (int column = 0; column < 3; column++)
        {
            double length = Math.Sqrt(ras[column] * ras[column] + ras[4 + column] * ras[4 + column] + ras[8 + column] * ras[8 + column]);
            for (int row = 0; row < 3; row++) direction[3 * row + column] = (row < 2 ? 0 - ras[4 * row + column] : ras[4 * row + column]) / length;
        }

        return grid with { OriginMm = (0 - ras[3], 0 - ras[7], ras[11]), Direction = direction };
    }

    private double[] Choose(string name)
    {
        double[] qform = qformCode == Unknown ? [] : Quaternion();
        if (sformCode != Unknown && IsRotation(sform) && (qformCode == Unknown || sformCode == ScannerAnatomical || AreAlike(sform, qform))) return sform;
        if (qformCode != Unknown && IsRotation(qform)) return qform;
        throw new RadiomicsException($"{name} has no orientation that is a rotation (sform code {sformCode}, qform code {qformCode}): " +
            "radiomics take perpendicular axes. Resample it to such a grid");
    }

    /// <summary>Three rows of four from the quaternion. nifti1.h, "QUATERNION REPRESENTATION OF ROTATION MATRIX (METHOD 2)".</summary>
    private double[] Quaternion()
    {
        (double b, double c, double d) = (quaternion[0], quaternion[1], quaternion[2]);
        double a = 1 - (b * b + c * c + d * d);
        if (a < 1e-7)
        {
            double length = Math.Sqrt(b * b + c * c + d * d);
            (a, b, c, d) = (0, b / length, c / length, d / length);
        }
        else
        {
            a = Math.Sqrt(a);
        }

        (double x, double y, double z) = (Step(0), Step(1), qfac * Step(2));
        double[] matrix =
        [
            (a * a + b * b - c * c - d * d) * x, 2 * (b * c - a * d) * y, 2 * (b * d + a * c) * z, offset[0],
            2 * (b * c + a * d) * x, (a * a + c * c - b * b - d * d) * y, 2 * (c * d - a * b) * z, offset[1],
            2 * (b * d - a * c) * x, 2 * (c * d + a * b) * y, (a * a + d * d - c * c - b * b) * z, offset[2],
        ];
        return isSingle ? Array.ConvertAll(matrix, value => (double)(float)value) : matrix;

        double Step(int axis) => spacing[axis] > 0 ? spacing[axis] : 1;
    }

    private static bool IsRotation(double[] matrix)
    {
        if (!Array.TrueForAll(matrix, double.IsFinite)) return false;
        double[] axes = Axes(matrix);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
            {
                double product = axes[3 * i] * axes[3 * j] + axes[3 * i + 1] * axes[3 * j + 1] + axes[3 * i + 2] * axes[3 * j + 2];
                if (!(Math.Abs(product - (i == j ? 1 : 0)) <= 1e-4)) return false;
            }

        return true;
    }

    private static bool AreAlike(double[] a, double[] b)
    {
        double[] first = Axes(a), second = Axes(b);
        for (int i = 0; i < 9; i++)
            if (!(Math.Abs(first[i] - second[i]) <= 1e-4)) return false;
        for (int i = 0; i < 3; i++)
            if (!(Math.Abs(Length(a, i) - Length(b, i)) <= 1e-4 && Math.Abs(a[4 * i + 3] - b[4 * i + 3]) <= 1e-4)) return false;
        return true;
    }

    /// <summary>The unit vectors along the columns, row by row.</summary>
    private static double[] Axes(double[] matrix)
    {
        double[] axes = new double[9];
        for (int column = 0; column < 3; column++)
            for (int row = 0; row < 3; row++) axes[3 * row + column] = matrix[4 * row + column] / Length(matrix, column);
        return axes;
    }

    private static double Length(double[] matrix, int column) =>
        Math.Sqrt(matrix[column] * matrix[column] + matrix[4 + column] * matrix[4 + column] + matrix[8 + column] * matrix[8 + column]);
}
