using System.Numerics;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>A range of source indices along each axis, the last ones included.</summary>
internal readonly record struct SourceBox(int FirstSlice, int LastSlice, int FirstRow, int LastRow, int FirstColumn, int LastColumn)
{
    public int Slices => LastSlice - FirstSlice + 1;
    public int Rows => LastRow - FirstRow + 1;
    public int Columns => LastColumn - FirstColumn + 1;

    public static SourceBox Whole(VolumeGeometry g) => new(0, g.Slices - 1, 0, g.Rows - 1, 0, g.Columns - 1);

    /// <summary>The box around a mask and a margin; the whole where the mask is empty.</summary>
    public static SourceBox Around(Mask mask, double marginMm)
    {
        VolumeGeometry g = mask.Geometry;
        int top = g.Rows, bottom = -1, left = g.Columns, right = -1, low = -1, high = -1;
        for (int slice = 0; slice < g.Slices; slice++)
            for (int row = 0; row < g.Rows; row++)
            {
                ReadOnlySpan<bool> line = mask.Slice(slice).Slice(row * g.Columns, g.Columns);
                int first = line.IndexOf(true);
                if (first < 0) continue;
                (low, high) = (low < 0 ? slice : low, slice);
                (top, bottom) = (Math.Min(top, row), Math.Max(bottom, row));
                (left, right) = (Math.Min(left, first), Math.Max(right, line.LastIndexOf(true)));
            }

        if (low < 0) return Whole(g);
        int across = (int)Math.Ceiling(marginMm / g.ColumnSpacingMm), down = (int)Math.Ceiling(marginMm / g.RowSpacingMm);
        IReadOnlyList<double> z = g.SlicePositionsMm;
        (double from, double to) = (z[low] - marginMm, z[high] + marginMm);
        while (low > 0 && z[low - 1] >= from) low--;
        while (high < g.Slices - 1 && z[high + 1] <= to) high++;
        return new SourceBox(low, high, Math.Max(0, top - down), Math.Min(g.Rows - 1, bottom + down), Math.Max(0, left - across),
            Math.Min(g.Columns - 1, right + across));
    }
}

/// <summary>
/// The model's grid on a scan: three axes in the network's directions, always in the order z (through the slices), y, x. A source in canonical
/// LPS is taken: columns grow to the left, rows to posterior, slices to the head.
/// </summary>
internal sealed class GridPlan
{
    /// <summary>Voxels of the largest grid; beyond it a scan is no head.</summary>
    private const long MostVoxels = 400_000_000;

    private const double SmallestShiftMm = 0.05; // positions are rounded; a shift below this is no tilt

    private readonly double[] acrossMm, downMm; // how far each slice of the box lies from the one that lies lowest, in the network's directions

    public GridPlan(VolumeGeometry source, ModelGeometry model, SourceBox box)
    {
        (Source, Model, Box) = (source, model, box);
        (FlipX, FlipY, FlipZ) = (model.Orientation[0] == 'R', model.Orientation[1] == 'A', model.Orientation[2] == 'I');
        acrossMm = Shifts(source.RowDirection, FlipX);
        downMm = Shifts(source.ColumnDirection, FlipY);
        double[] z = [.. Enumerable.Range(0, box.Slices).Select(k => FlipZ
            ? source.SlicePositionsMm[box.LastSlice] - source.SlicePositionsMm[box.LastSlice - k]
            : source.SlicePositionsMm[box.FirstSlice + k] - source.SlicePositionsMm[box.FirstSlice])];
        Z = Axis('z', z, source.SliceThicknessMm, 0);
        Y = Axis('y', Even(box.Rows, source.RowSpacingMm), source.RowSpacingMm, downMm.Max());
        X = Axis('x', Even(box.Columns, source.ColumnSpacingMm), source.ColumnSpacingMm, acrossMm.Max());
        if ((long)Z.Count * Y.Count * X.Count > MostVoxels)
            throw new ModelAbstainsException($"the scan has {Z.Count} x {Y.Count} x {X.Count} voxels on the model's grid, at most {MostVoxels} are possible");
        double[] from = [Z.SourceSpacingMm, Y.SourceSpacingMm, X.SourceSpacingMm], to = [Z.SpacingMm, Y.SpacingMm, X.SpacingMm];
        SeparateForth = Separate(from, to);
        SeparateBack = Separate(to, from);
    }

    public VolumeGeometry Source { get; }
    public ModelGeometry Model { get; }
    public SourceBox Box { get; }
    public bool FlipX { get; }
    public bool FlipY { get; }
    public bool FlipZ { get; }
    public AxisPlan Z { get; }
    public AxisPlan Y { get; }
    public AxisPlan X { get; }

    /// <summary>The axis, 0 for z to 2 for x, that is resampled on its own on the way to the grid, and on the way back; -1 none.</summary>
    public int SeparateForth { get; }
    public int SeparateBack { get; }

    /// <summary>A slice of the box by its place along the network's axis.</summary>
    public int SourceSlice(int k) => FlipZ ? Box.LastSlice - k : Box.FirstSlice + k;

    public double AcrossMm(int k) => acrossMm[k];

    public double DownMm(int k) => downMm[k];

    public int OrderForth(int axis) => axis == SeparateForth ? Model.OrderZ : Model.ImageOrder;

    /// <summary>Probabilities have no use for a cubic spline: it would leave 0 to 1.</summary>
    public int OrderBack(int axis) => axis == SeparateBack ? Math.Min(Model.OrderZ, 1) : Model.OutputOrder;

    /// <summary>The axis of the grid that the manifest's triples have at a place.</summary>
    public static int AxisAt(string axes, int place) => "zyx".IndexOf(axes[place]);

    private AxisPlan Axis(char name, double[] positionsMm, double singleMm, double shiftMm)
    {
        int place = Model.Axes.IndexOf(name);
        return new AxisPlan(positionsMm, singleMm, shiftMm, Model.SpacingMm[place], Model.Size?[place], Model.Alignment);
    }

    private double[] Shifts(Vector3 direction, bool flip)
    {
        double[] shifts = [.. Enumerable.Range(0, Box.Slices).Select(k =>
            Vector3.Dot(Source.Origins[SourceSlice(k)] - Source.Origins[Box.FirstSlice], direction) * (flip ? -1.0 : 1.0))];
        double least = shifts.Min(), most = shifts.Max();
        return Model.Tilt == TiltRule.Ignore || most - least < SmallestShiftMm ? new double[shifts.Length] : [.. shifts.Select(mm => mm - least)];
    }

    /// <summary>nnU-Net's rule: one axis much coarser than the finest, before or after, is not interpolated together with the others.</summary>
    private int Separate(double[] from, double[] to)
    {
        if (Model.SeparateZRatio is not { } ratio) return -1;
        double[]? coarse = from.Max() / from.Min() > ratio ? from : to.Max() / to.Min() > ratio ? to : null;
        return coarse is not null && coarse.Count(mm => mm == coarse.Max()) == 1 ? Array.IndexOf(coarse, coarse.Max()) : -1;
    }

    private static double[] Even(int count, double spacingMm) => [.. Enumerable.Range(0, count).Select(k => k * spacingMm)];
}
