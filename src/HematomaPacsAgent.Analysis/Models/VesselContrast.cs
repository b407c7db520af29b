namespace HematomaPacsAgent.Analysis.Models;

/// <summary>
/// Whether the vessels inside a skull are bright, as a contrast agent makes them (CT angiography). Fresh blood stays below 100 HU and opacified
/// arteries lie at 150 to 500 HU, so a hematoma of any size never counts. Calcifications do reach these values, but lie in a few compact
/// places: the bright voxels must therefore also spread along all three axes of the head, as the vessels at its base and over its convexity do
/// and a calcified tumour, a pineal gland or basal ganglia do not. Bone is kept out by a margin from the wall of the skull, and noise by a mean
/// over 3 x 3 pixels. A late, faint enhancement (venous phase) stays below and is not seen: the header must tell of it.
/// </summary>
/// <param name="VolumeMl">Volume of the bright voxels, millilitres.</param>
/// <param name="SpreadMm">Their shortest extent of the three: left-right, front-back, up-down, mm, between the 5th and 95th percentile.</param>
public sealed record VesselContrast(double VolumeMl, double SpreadMm)
{
    private const int Lowest = 150, Highest = 500;
    private const double MarginMm = 8, LeastSpreadMm = 40;

    /// <summary>Whether the bright voxels are as many and as far apart as vessels with contrast are.</summary>
    /// <param name="leastMl">From this volume, ml.</param>
    public bool LooksLikeAngiography(double leastMl) => VolumeMl >= leastMl && SpreadMm >= LeastSpreadMm;

    /// <param name="volume">A head CT in canonical order (<see cref="CanonicalOrientation"/>).</param>
    /// <param name="space">Its intracranial space.</param>
    public static VesselContrast Measure(Volume volume, IntracranialSpace space)
    {
        VolumeGeometry g = volume.Geometry;
        int[][] bright = new int[g.Slices][];
        Parallel.For(0, g.Slices, slice => bright[slice] = Bright(volume.Slice(slice), space.Mask.Slice(slice), g));
        double[] columns = new double[g.Columns], rows = new double[g.Rows], slices = new double[g.Slices];
        for (int slice = 0; slice < g.Slices; slice++)
            foreach (int pixel in bright[slice])
            {
                double ml = g.VoxelMl(slice);
                columns[pixel % g.Columns] += ml;
                rows[pixel / g.Columns] += ml;
                slices[slice] += ml;
            }

        double height = Between(slices) is var (low, high) && high >= low ? g.SlicePositionsMm[high] - g.SlicePositionsMm[low] : 0;
        return new VesselContrast(slices.Sum(), Math.Min(height, Math.Min(Width(columns) * g.ColumnSpacingMm, Width(rows) * g.RowSpacingMm)));

        static int Width(double[] along) => Between(along) is var (low, high) ? Math.Max(0, high - low) : 0;
    }

    /// <summary>Pixels of a slice's inside, away from bone that joins the skull, whose neighbourhood is bright.</summary>
    private static int[] Bright(ReadOnlySpan<short> hounsfield, ReadOnlySpan<bool> space, VolumeGeometry g)
    {
        if (!space.Contains(true)) return [];
        (int left, int top, int columns, int rows) = Around(space, g);
        bool[] region = new bool[columns * rows];
        for (int row = 1; row < rows - 1; row++)
            space.Slice((top + row) * g.Columns + left + 1, columns - 2).CopyTo(region.AsSpan(row * columns + 1));
        int margin = Math.Max(1, (int)Math.Round(MarginMm / Math.Min(g.ColumnSpacingMm, g.RowSpacingMm)));
        bool[] outside = Array.ConvertAll(Filled(region, columns, rows), set => !set), near = IntracranialSpace.Spread(outside, columns, rows, margin);
        List<int> bright = [];
        for (int row = 1; row < rows - 1; row++)
            for (int column = 1; column < columns - 1; column++)
            {
                int at = (top + row) * g.Columns + left + column;
                if (near[row * columns + column] || hounsfield[at] is < Lowest or > Highest) continue;
                int sum = 0;
                for (int y = -g.Columns; y <= g.Columns; y += g.Columns) sum += hounsfield[at + y - 1] + hounsfield[at + y] + hounsfield[at + y + 1];
                if (sum >= 9 * Lowest) bright.Add(at);
            }

        return [.. bright];
    }

    /// <summary>The box around a region with a pixel of margin on each side, which may lie beyond the image: the rest of it costs no time.</summary>
    private static (int Left, int Top, int Columns, int Rows) Around(ReadOnlySpan<bool> region, VolumeGeometry g)
    {
        int left = g.Columns, right = -1, top = -1, bottom = -1;
        for (int row = 0; row < g.Rows; row++)
        {
            ReadOnlySpan<bool> line = region.Slice(row * g.Columns, g.Columns);
            int begin = line.IndexOf(true);
            if (begin < 0) continue;
            (left, right) = (Math.Min(left, begin), Math.Max(right, line.LastIndexOf(true)));
            (top, bottom) = (top < 0 ? row : top, row);
        }

        return (left - 1, top - 1, right - left + 3, bottom - top + 3);
    }

    /// <summary>The region with its holes: bright vessels and calcifications are holes in it, since they are as dense as bone.</summary>
    private static bool[] Filled(bool[] region, int columns, int rows)
    {
        bool[] filled = new bool[region.Length];
        filled.AsSpan().Fill(true);
        Stack<int> open = new();
        for (int x = 0; x < columns; x++)
        {
            open.Push(x);
            open.Push((rows - 1) * columns + x);
        }

        for (int y = 0; y < rows; y++)
        {
            open.Push(y * columns);
            open.Push(y * columns + columns - 1);
        }

        while (open.TryPop(out int at))
        {
            if (!filled[at] || region[at]) continue;
            filled[at] = false;
            int x = at % columns;
            if (x > 0) open.Push(at - 1);
            if (x < columns - 1) open.Push(at + 1);
            if (at >= columns) open.Push(at - columns);
            if (at < region.Length - columns) open.Push(at + columns);
        }

        return filled;
    }

    private static (int Low, int High) Between(double[] along)
    {
        double total = along.Sum(), sum = 0;
        int low = -1, high = -2;
        if (total <= 0) return (low, high);
        for (int i = 0; i < along.Length; i++)
        {
            sum += along[i];
            if (low < 0 && sum >= 0.05 * total) low = i;
            if (sum < 0.95 * total) continue;
            high = i;
            break;
        }

        return (low, high);
    }
}
