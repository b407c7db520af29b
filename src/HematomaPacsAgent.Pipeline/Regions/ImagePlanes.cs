using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Pipeline.Regions;

/// <summary>A plane of mask pixels in the patient, LPS mm.</summary>
/// <param name="Name">What a person calls it, for messages.</param>
/// <param name="Position">Centre of the first pixel.</param>
/// <param name="Along">Unit vector along which the first index grows.</param>
/// <param name="Across">Unit vector along which the second index grows.</param>
/// <param name="AlongSpacingMm">Between neighbours of the first index.</param>
/// <param name="AcrossSpacingMm">Between neighbours of the second.</param>
/// <param name="Width">Pixels of the first index.</param>
/// <param name="Height">Pixels of the second.</param>
internal sealed record MaskPlane(string Name, IReadOnlyList<double> Position, IReadOnlyList<double> Along, IReadOnlyList<double> Across,
    double AlongSpacingMm, double AcrossSpacingMm, int Width, int Height);

/// <summary>How a mask plane lies on a slice: its pixel (i, j) is column X + i AlongX + j AcrossX, row Y + i AlongY + j AcrossY.</summary>
internal readonly record struct PlaneFit(int Slice, int X, int Y, int AlongX, int AlongY, int AcrossX, int AcrossY)
{
    public bool IsAsItLies => AlongX == 1 && AcrossY == 1;
}

/// <summary>The slices of an image as planes in the patient, each with an origin of its own: gantry tilt and uneven distances stay what they are.</summary>
internal sealed class ImagePlanes
{
    // A direction's error is measured at the far edge of a plane, where it is largest.
    private const double EdgeFactor = 10;

    private readonly double[] row, column, normal;
    private readonly double columnSpacingMm, rowSpacingMm;
    private readonly IReadOnlyList<double[]> origins;
    private readonly double[] positions;

    private ImagePlanes(int columns, int rows, double[] row, double[] column, double columnSpacingMm, double rowSpacingMm, IReadOnlyList<double[]> origins)
    {
        (Columns, Rows, this.row, this.column, this.columnSpacingMm, this.rowSpacingMm, this.origins) =
            (columns, rows, row, column, columnSpacingMm, rowSpacingMm, origins);
        normal = [row[1] * column[2] - row[2] * column[1], row[2] * column[0] - row[0] * column[2], row[0] * column[1] - row[1] * column[0]];
        positions = [.. origins.Select(origin => Dot(origin, normal))];
    }

    public int Columns { get; }
    public int Rows { get; }
    public int Slices => origins.Count;

    public static ImagePlanes Of(ImageGrid grid)
    {
        IReadOnlyList<double> d = grid.Direction;
        return new ImagePlanes(grid.SizeX, grid.SizeY, [d[0], d[3], d[6]], [d[1], d[4], d[7]], grid.SpacingXMm, grid.SpacingYMm,
            [.. Enumerable.Range(0, grid.SizeZ).Select(k => grid.ToPatient(0, 0, k)).Select(place => (double[])[place.X, place.Y, place.Z])]);
    }

    public static ImagePlanes Of(VolumeGeometry geometry) => new(geometry.Columns, geometry.Rows, Numbers(geometry.RowDirection),
        Numbers(geometry.ColumnDirection), geometry.ColumnSpacingMm, geometry.RowSpacingMm, [.. geometry.Origins.Select(Numbers)]);

    /// <summary>Centre of a slice's first pixel.</summary>
    public IReadOnlyList<double> OriginOf(int slice) => origins[slice];

    /// <summary>How much a direction runs along the slices' normal: 1 or -1 where it is the normal.</summary>
    public double AlongNormal(IReadOnlyList<double> direction) => Dot(direction, normal);

    /// <summary>Where a mask plane lies on the image.</summary>
    /// <exception cref="RadiomicsException">It lies on no slice, or its pixels between the image's; the message says in what, and by how many
    /// mm.</exception>
    public PlaneFit Fit(MaskPlane plane, double toleranceMm)
    {
        double[] along = Scaled(plane.Along, plane.AlongSpacingMm), across = Scaled(plane.Across, plane.AcrossSpacingMm);
        double rise = Math.Max(Math.Abs(Dot(along, normal)) * (plane.Width - 1), Math.Abs(Dot(across, normal)) * (plane.Height - 1));
        if (rise > EdgeFactor * toleranceMm) throw Misfit(plane, "tilt", rise, "at its edge; it is not parallel to the slices");

        double position = Dot(plane.Position, normal);
        int slice = 0;
        for (int k = 1; k < positions.Length; k++)
            if (Math.Abs(positions[k] - position) < Math.Abs(positions[slice] - position)) slice = k;
        double away = Math.Abs(positions[slice] - position);
        if (away > toleranceMm)
            throw Misfit(plane, "slice position", away,
                $"from the nearest of {positions.Length} slices, number {slice + 1}; that slice is missing, or the mask was made on another image");

        (int alongX, int alongY) = Step(plane, along, plane.Width, "first");
        (int acrossX, int acrossY) = Step(plane, across, plane.Height, "second");
        if (alongX * acrossY - alongY * acrossX == 0) throw Misfit(plane, "direction", plane.AlongSpacingMm, "a pixel; both of its axes run the same way");

        double[] way = [.. plane.Position.Select((value, i) => value - origins[slice][i])];
        double x = Dot(way, row) / columnSpacingMm, y = Dot(way, column) / rowSpacingMm;
        double offX = Math.Abs(x - Math.Round(x)) * columnSpacingMm, offY = Math.Abs(y - Math.Round(y)) * rowSpacingMm;
        if (!(offX <= toleranceMm)) throw Misfit(plane, "origin along the rows", offX, "beyond whole pixels");
        if (!(offY <= toleranceMm)) throw Misfit(plane, "origin along the columns", offY, "beyond whole pixels");
        if (Math.Abs(x) > 1e6 || Math.Abs(y) > 1e6)
            throw Misfit(plane, "origin", Math.Max(Math.Abs(x) * columnSpacingMm, Math.Abs(y) * rowSpacingMm), "away");
        return new PlaneFit(slice, (int)Math.Round(x), (int)Math.Round(y), alongX, alongY, acrossX, acrossY);

        (int, int) Step(MaskPlane of, double[] step, int count, string which)
        {
            double dx = Dot(step, row) / columnSpacingMm, dy = Dot(step, column) / rowSpacingMm;
            (int wholeX, int wholeY) = Math.Abs(dx) >= Math.Abs(dy) ? (Math.Sign(dx), 0) : (0, Math.Sign(dy));
            double off = Math.Max(Math.Abs(dx - wholeX) * columnSpacingMm, Math.Abs(dy - wholeY) * rowSpacingMm);
            // One pixel has no neighbour to be wrong against.
            if (!(off * Math.Max(1, count - 1) <= EdgeFactor * toleranceMm))
                throw Misfit(of, $"pixel step along the {which} index", off,
                    FormattableString.Invariant($"a pixel, against {columnSpacingMm:R} x {rowSpacingMm:R} mm of the image: another spacing or direction"));
            return (wholeX, wholeY);
        }
    }

    /// <summary>Sets the image's voxels under the pixels that a plane has set.</summary>
    /// <exception cref="RadiomicsException">One of them lies outside the image.</exception>
    public void Put(MaskPlane plane, PlaneFit fit, ReadOnlySpan<bool> pixels, Span<bool> mask)
    {
        Span<bool> slice = mask.Slice(fit.Slice * Columns * Rows, Columns * Rows);
        for (int j = 0, i0 = 0; j < plane.Height; j++, i0 += plane.Width)
            for (int i = 0; i < plane.Width; i++)
            {
                if (!pixels[i0 + i]) continue;
                int x = fit.X + i * fit.AlongX + j * fit.AcrossX, y = fit.Y + i * fit.AlongY + j * fit.AcrossY;
                if ((uint)x >= (uint)Columns || (uint)y >= (uint)Rows)
                    throw new RadiomicsException(
                        $"{plane.Name} reaches beyond the image: its pixel ({i}, {j}) would be column {x}, row {y} of {Columns} x {Rows}. " +
                        "Use the image that the mask was made on");
                slice[y * Columns + x] = true;
            }
    }

    private static RadiomicsException Misfit(MaskPlane plane, string field, double offMm, string how) => new(
        FormattableString.Invariant($"{plane.Name} does not lie on the image's grid: {field} is off by {offMm:G3} mm {how}. ") +
        "Use the image that the mask was made on, or, in the parameter file, raise geometryTolerance or (NIfTI masks) set correctMask");

    private static double[] Scaled(IReadOnlyList<double> direction, double length) => [.. direction.Select(part => part * length)];

    private static double[] Numbers(Vector3 vector) => [vector.X, vector.Y, vector.Z];

    private static double Dot(IReadOnlyList<double> a, double[] b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
