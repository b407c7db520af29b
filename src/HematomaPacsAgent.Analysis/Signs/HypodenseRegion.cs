using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>One part of a hematoma that is darker than its bright part, and how it lies in it.</summary>
internal sealed class HypodenseRegion
{
    /// <summary>A slice with this share of the largest area is measured.</summary>
    private const double MeasuredShare = 0.75;

    private readonly Clot clot;
    private readonly HypodenseRegions all;
    private readonly int label;

    public HypodenseRegion(Clot clot, HypodenseRegions all, int label, IReadOnlyList<int> voxels)
    {
        (this.clot, this.all, this.label, Voxels) = (clot, all, label, voxels);
        VolumeGeometry g = clot.Grid;
        int[] areas = new int[g.Slices];
        double[] contacts = new double[g.Slices], borders = new double[g.Slices];
        (int, double)[] sides = Sides(g);
        foreach (int i in voxels)
        {
            int s = i / g.PixelsPerSlice;
            areas[s]++;
            VolumeMl += g.VoxelMl(s);
            foreach ((int step, double mm) in sides)
            {
                int next = i + step;
                if (all.Labels[next] == label) continue;
                // Off the core only what is bright can close the part off; the rim of blood that is thinner than that counts as border.
                bool open = !clot.Core[next] && !(clot.Filled.Voxels[next] && clot.Smooth[next] >= clot.BrightHu - clot.DropHu);
                if (open) contacts[s] += mm;
                else borders[s] += mm;
            }
        }

        KeySlice = Array.IndexOf(areas, areas.Max());
        KeyAreaMm2 = areas[KeySlice] * clot.PixelMm2;
        ContactMm = contacts.Max();
        ContactShare = contacts.Sum() / Math.Max(1e-9, contacts.Sum() + borders.Sum());
        BorderMm = borders.Max();
        (Delta, DarkHu) = Measure(areas);
        Sharpness = Sharp(areas);
    }

    public IReadOnlyList<int> Voxels { get; }
    public double VolumeMl { get; }

    /// <summary>The slice of the cut with most of it.</summary>
    public int KeySlice { get; }

    public double KeyAreaMm2 { get; }

    /// <summary>Longest stretch, on any slice, at which nothing bright lies between it and the outside.</summary>
    public double ContactMm { get; }

    /// <summary>Share of its outline at the hematoma's border, 0 to 1.</summary>
    public double ContactShare { get; }

    /// <summary>Longest border with the bright part on any slice.</summary>
    public double BorderMm { get; }

    /// <summary>Bright part less this one.</summary>
    public Difference Delta { get; }

    public double DarkHu { get; }

    /// <summary>Share of the difference that is passed at the border: near 1 for a step, near 0 for a slow change.</summary>
    public double Sharpness { get; }

    /// <summary>Closed off by bright blood on every slice.</summary>
    public bool Encapsulated => ContactMm <= LeakMm;

    /// <summary>Area over that of the convex hull on the key slice.</summary>
    public double Solidity
    {
        get
        {
            bool[] slice = new bool[clot.Grid.PixelsPerSlice];
            for (int i = 0; i < slice.Length; i++) slice[i] = all.Labels[KeySlice * slice.Length + i] == label;
            return Outline.Of(slice, clot.Grid.Columns, clot.Grid.ColumnSpacingMm, clot.Grid.RowSpacingMm).Solidity;
        }
    }

    private static (int Step, double Mm)[] Sides(VolumeGeometry g) =>
        [(-1, g.RowSpacingMm), (1, g.RowSpacingMm), (-g.Columns, g.ColumnSpacingMm), (g.Columns, g.ColumnSpacingMm)];

    /// <summary>
    /// Means off the border between the parts, on the slices that show most of this one: where it ends, a thick slice holds bright blood too, and no
    /// reader would measure there.
    /// </summary>
    private (Difference, double Dark) Measure(int[] areas)
    {
        VolumeGeometry g = clot.Grid;
        int reach = Math.Max(1, (int)Math.Round(1 / Math.Min(g.ColumnSpacingMm, g.RowSpacingMm)));
        double dark = 0, bright = 0, whole = 0;
        int darkCount = 0, brightCount = 0;
        int wholeCount = 0, least = (int)(MeasuredShare * areas.Max());
        foreach (int i in Voxels)
        {
            if (areas[i / g.PixelsPerSlice] < least) continue;
            (whole, wholeCount) = (whole + clot.Raw[i], wholeCount + 1);
            if (!Deep(i, label)) continue;
            dark += clot.Raw[i];
            darkCount++;
        }

        if (darkCount * clot.PixelMm2 < 4) (dark, darkCount) = (whole, wholeCount);
        for (int s = 0; s < g.Slices; s++)
        {
            if (areas[s] == 0 || areas[s] < least) continue;
            for (int i = s * g.PixelsPerSlice; i < (s + 1) * g.PixelsPerSlice; i++)
                if (clot.Core[i] && all.Labels[i] == 0 && clot.Smooth[i] >= clot.BrightHu - clot.DropHu / 2 && Deep(i, 0))
                {
                    bright += clot.Raw[i];
                    brightCount++;
                }
        }

        double darkHu = dark / darkCount, brightHu = brightCount * clot.PixelMm2 >= LeastAreaMm2 ? bright / brightCount : clot.BrightHu;
        return (ClotNoise.Between(brightHu, brightCount * clot.PixelMm2, darkHu, darkCount * clot.PixelMm2, clot.NoiseHu), darkHu);

        bool Deep(int i, int own)
        {
            for (int k = 1; k <= reach; k++)
                foreach (int step in (ReadOnlySpan<int>)[k, -k, k * g.Columns, -k * g.Columns])
                    if ((uint)(i + step) >= (uint)all.Labels.Length || all.Labels[i + step] != own) return false;
            return true;
        }
    }

    /// <summary>
    /// How much of the difference lies between bands on both sides of the border, met along rows and columns; on the slices that are measured, since
    /// where a part ends its border lies aslant in the slice.
    /// </summary>
    private double Sharp(int[] areas)
    {
        VolumeGeometry g = clot.Grid;
        double inside = 0, outside = 0;
        int insideCount = 0, outsideCount = 0;
        (int, double)[] sides = Sides(g);
        int least = (int)(MeasuredShare * areas.Max());
        foreach (int i in Voxels)
            foreach ((int step, double _) in sides)
            {
                if (areas[i / g.PixelsPerSlice] < least || !clot.Core[i + step] || all.Labels[i + step] != 0) continue;
                int band = Math.Max(1, (int)Math.Round(SharpnessBandMm / (Math.Abs(step) == 1 ? g.ColumnSpacingMm : g.RowSpacingMm)));
                for (int k = 0, at = i; k < band && (uint)at < (uint)clot.Core.Length && all.Labels[at] == label; k++, at -= step)
                    (inside, insideCount) = (inside + clot.Raw[at], insideCount + 1);
                for (int k = 0, at = i + step; k < band && (uint)at < (uint)clot.Core.Length && clot.Core[at] && all.Labels[at] == 0; k++, at += step)
                    (outside, outsideCount) = (outside + clot.Raw[at], outsideCount + 1);
            }

        return insideCount == 0 ? 0 : (outside / outsideCount - inside / insideCount) / Math.Max(1e-9, Delta.Hu);
    }
}
