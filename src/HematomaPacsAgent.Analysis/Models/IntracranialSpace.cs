using System.Globalization;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>The space inside the skull, found from Hounsfield units alone, and whether the volume looks like a head at all.</summary>
/// <param name="Mask">Inside of the skull.</param>
/// <param name="Reason">Why it does not look like a head; empty when it does.</param>
public sealed record IntracranialSpace(Mask Mask, string Reason)
{
    private const short Bone = 200;
    private const double SmallestMl = 150, LargestMl = 2600, LeastBrain = 0.6;

    // Where a skull is widest it holds about two thirds of the head's section; a shoulder's bones, a spine or a pelvis hold little of the body's.
    private const short Body = -300;
    private const double Widest = 0.5, LeastOfBody = 0.3;

    // A skull has small gaps (foramina, sutures, thin bone between two pixels); this closes them.
    private const double ClosingMm = 4;

    // A craniotomy, a fracture or a child's thin bone leaves wider ones. They are looked for only between slices that enclose far more.
    private static readonly double[] WiderClosingsMm = [9, 16];
    private const double ReachMm = 25, LeastShare = 0.5, LargestShare = 1.3;

    public bool LooksLikeHead => Reason.Length == 0;

    /// <summary>Slices whose skull is open (a craniotomy, or a field of view that cuts the head): there the inside is bridged, not enclosed.</summary>
    public IReadOnlyList<int> OpenSlices { get; init; } = [];

    /// <summary>
    /// Slice by slice: bone, closed by a few mm, is a wall; what the border of the image cannot reach past it is inside. A slice that encloses
    /// far less than those around it has a wider gap in its skull, and is closed further.
    /// </summary>
    public static IntracranialSpace Find(Volume volume)
    {
        VolumeGeometry g = volume.Geometry;
        Mask mask = new(g);
        double pixelMm = Math.Min(g.ColumnSpacingMm, g.RowSpacingMm);
        int[] areas = new int[g.Slices];
        Parallel.For(0, g.Slices, slice =>
        {
            Span<bool> inside = mask.Voxels.AsSpan(slice * g.PixelsPerSlice, g.PixelsPerSlice);
            Enclosed(volume.Slice(slice), g.Columns, g.Rows, Radius(ClosingMm), inside);
            areas[slice] = mask.CountIn(slice);
        });
        Parallel.For(0, g.Slices, slice =>
        {
            int below = Largest(slice, -1), above = Largest(slice, 1), least = (int)(LeastShare * Math.Min(below, above));
            if (areas[slice] >= least) return;
            bool[] wider = new bool[g.PixelsPerSlice];
            foreach (double closing in WiderClosingsMm)
            {
                Enclosed(volume.Slice(slice), g.Columns, g.Rows, Radius(closing), wider);
                int area = wider.AsSpan().Count(true);
                if (area < least || area > LargestShare * Math.Max(below, above)) continue;
                wider.CopyTo(mask.Voxels, slice * g.PixelsPerSlice);
                break;
            }
        });

        double inside = 0, brain = 0;
        long widest = 0, body = 0;
        int largest = Enumerable.Range(0, g.Slices).Max(mask.CountIn);
        for (int slice = 0; slice < g.Slices; slice++)
        {
            ReadOnlySpan<short> hounsfield = volume.Slice(slice);
            ReadOnlySpan<bool> space = mask.Slice(slice);
            int pixels = 0, soft = 0, dense = 0;
            for (int i = 0; i < space.Length; i++)
            {
                if (hounsfield[i] > Body) dense++;
                if (!space[i]) continue;
                pixels++;
                if (hounsfield[i] is > -30 and < 110) soft++;
            }

            inside += pixels * g.VoxelMl(slice);
            brain += soft * g.VoxelMl(slice);
            if (pixels < Widest * largest) continue;
            (widest, body) = (widest + pixels, body + Math.Max(dense, pixels));
        }

        string reason = inside < SmallestMl
            ? string.Create(CultureInfo.InvariantCulture, $"only {inside:F0} ml are enclosed by bone; a skull encloses more than {SmallestMl:F0} ml")
            : inside > LargestMl
                ? string.Create(CultureInfo.InvariantCulture, $"{inside:F0} ml are enclosed by bone, more than a skull holds")
            : brain < LeastBrain * inside
                ? string.Create(CultureInfo.InvariantCulture, $"only {brain / inside:P0} of what bone encloses has the density of brain")
            : widest < LeastOfBody * body
                ? string.Create(CultureInfo.InvariantCulture,
                    $"bone encloses only {(double)widest / body:P0} of the body's section where it encloses most; a skull encloses most of a head")
            : "";
        return new IntracranialSpace(mask, reason) { OpenSlices = reason.Length == 0 ? Bridge(volume, mask) : [] };

        int Radius(double mm) => Math.Max(1, (int)Math.Round(mm / pixelMm));

        int Largest(int slice, int direction)
        {
            int most = 0;
            for (int at = slice + direction; at >= 0 && at < g.Slices; at += direction)
            {
                if (Math.Abs(g.SlicePositionsMm[at] - g.SlicePositionsMm[slice]) > ReachMm) break;
                most = Math.Max(most, areas[at]);
            }

            return most;
        }
    }

    /// <summary>Only once bone alone has shown a head: a pelvis bridged the same way would be one.</summary>
    private static int[] Bridge(Volume volume, Mask mask)
    {
        VolumeGeometry g = volume.Geometry;
        bool[]?[] found = new bool[]?[g.Slices];
        Parallel.For(0, g.Slices, slice =>
            found[slice] = OpenSkull.Inside(volume.Slice(slice), g.Columns, g.ColumnSpacingMm, g.RowSpacingMm, mask.CountIn(slice)));
        // A lone slice at the base can look open; what opens a skull reaches through several.
        int[] open = [.. Enumerable.Range(0, g.Slices).Where(slice => found[slice] is not null
            && (slice > 0 && found[slice - 1] is not null || slice < g.Slices - 1 && found[slice + 1] is not null))];
        foreach (int slice in open)
            for (int i = 0; i < g.PixelsPerSlice; i++)
                if (found[slice]![i]) mask.Voxels[slice * g.PixelsPerSlice + i] = true;
        return open;
    }

    private static void Enclosed(ReadOnlySpan<short> hounsfield, int columns, int rows, int radius, Span<bool> inside)
    {
        bool[] bone = new bool[hounsfield.Length];
        for (int i = 0; i < bone.Length; i++) bone[i] = hounsfield[i] >= Bone;
        bool[] wall = Spread(bone, columns, rows, radius);
        // The wall was made thicker: what it took from the inside comes back, what it took from the outside does not.
        bool[] core = BorderFlood.Unreached(wall, columns);
        bool[] grown = Spread(core, columns, rows, radius);
        for (int i = 0; i < inside.Length; i++) inside[i] = grown[i] && !bone[i];
    }

    /// <summary>Every pixel within a square of the radius around a set pixel, in two passes.</summary>
    internal static bool[] Spread(bool[] set, int columns, int rows, int radius)
    {
        bool[] across = new bool[set.Length], result = new bool[set.Length];
        for (int y = 0; y < rows; y++)
            for (int x = 0, last = -radius - 1; x < columns + radius; x++)
            {
                if (x < columns && set[y * columns + x]) last = x;
                int at = x - radius;
                if (at >= 0 && at < columns && last >= at - radius) across[y * columns + at] = true;
            }

        for (int x = 0; x < columns; x++)
            for (int y = 0, last = -radius - 1; y < rows + radius; y++)
            {
                if (y < rows && across[y * columns + x]) last = y;
                int at = y - radius;
                if (at >= 0 && at < rows && last >= at - radius) result[at * columns + x] = true;
            }

        return result;
    }
}
