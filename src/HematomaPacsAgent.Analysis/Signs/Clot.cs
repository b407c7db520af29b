using HematomaPacsAgent.Analysis.Models;
using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// A hematoma cut out of its scan for the sign rules: the main part, the separate foci, and the core whose density is the blood's own. Nothing is
/// resampled; smoothing stays within a slice and within the core.
/// </summary>
internal sealed class Clot
{
    private const int Pad = 3;

    private Clot(Volume volume, Mask blood, CropBox box, double? noiseHu)
    {
        Grid = box.Grid(volume.Geometry);
        Raw = box.Cut(volume.Hounsfield, volume.Geometry);
        FirstSlice = box.Slice;
        Blood = new Mask(Grid, box.Cut(blood.Voxels, volume.Geometry));
        IReadOnlyList<Region> regions = Components.Of(Blood);
        Main = new Mask(Grid);
        foreach (int i in regions[0].Voxels) Main.Voxels[i] = true;
        Others = [.. regions.Skip(1)];
        LargestSlice = Main.LargestSlice;
        Filled = new Mask(Grid);
        for (int s = 0; s < Grid.Slices; s++) Fill(Main.Slice(s), s);
        BrainHu = SurroundingBrain.MedianHu(volume, blood, box);
        // A mask on a noisy scan is a network's: it may have left a dark part out through a narrow gap. A rendering's mask is the truth.
        if (noiseHu is not 0) Close();
        bool[] inner = Inner();
        Core = Uncapped(inner, box, volume.Geometry.Slices);
        NoiseHu = noiseHu ?? ClotNoise.Estimate(this);
        (Smooth, BrightHu) = Densities();
    }

    public VolumeGeometry Grid { get; }
    public short[] Raw { get; }

    /// <summary>The source's slice that slice 0 of the cut is.</summary>
    public int FirstSlice { get; }

    public Mask Blood { get; }
    public Mask Main { get; }
    public IReadOnlyList<Region> Others { get; }
    public int LargestSlice { get; }

    /// <summary>The main part with its holes; on a noisy scan with narrow gaps closed.</summary>
    public Mask Filled { get; }

    /// <summary>Where density is the blood's own: off the rim, and with blood in the slices above and below.</summary>
    public bool[] Core { get; }

    public double NoiseHu { get; }

    /// <summary>Density without most of the noise, HU; only within <see cref="Filled"/>.</summary>
    public float[] Smooth { get; }

    /// <summary>The bright part's own density.</summary>
    public double BrightHu { get; }

    public double BrainHu { get; }

    public double PixelMm2 => Grid.ColumnSpacingMm * Grid.RowSpacingMm;

    public bool HasCore => Core.AsSpan().Contains(true);

    /// <summary>What is left of the noise after smoothing.</summary>
    public double SmoothNoiseHu => NoiseHu * Math.Sqrt(NoiseCellMm2 / (NoiseCellMm2 + 4 * Math.PI * SmoothingMm * SmoothingMm));

    /// <summary>How far below the bright part a part must lie to be one of its own.</summary>
    public double DropHu => Math.Max(LeastDropHu, DropInNoise * SmoothNoiseHu);

    /// <summary>How far limits of density are moved to see whether noise decides.</summary>
    public double MarginHu => NoiseHu > 0 ? NoiseMarginHu : 0;

    /// <exception cref="ArgumentException">The mask is empty, all of it excluded, or a grid is another one.</exception>
    public static Clot Of(Volume volume, Mask hematoma, double? noiseHu, Mask? exclude)
    {
        Mask blood = hematoma;
        if (exclude is not null)
        {
            blood = new Mask(hematoma.Geometry, [.. hematoma.Voxels]);
            for (int i = 0; i < blood.Voxels.Length; i++) blood.Voxels[i] &= !exclude.Voxels[i];
        }

        return new Clot(volume, blood, CropBox.Around(blood, Pad), noiseHu);
    }

    private void Fill(ReadOnlySpan<bool> slice, int s)
    {
        if (!slice.Contains(true)) return;
        bool[] holes = BorderFlood.Unreached(slice, Grid.Columns);
        for (int i = 0, at = s * Grid.PixelsPerSlice; i < holes.Length; i++, at++)
            Filled.Voxels[at] = (slice[i] || holes[i]) && (Main.Voxels[at] || !Blood.Voxels[at]);
    }

    private void Close()
    {
        for (int s = 0; s < Grid.Slices; s++)
        {
            if (Filled.CountIn(s) == 0) continue;
            bool[] wide = InPlane.Dilated(Filled.Slice(s), Grid.Columns, Grid.ColumnSpacingMm, Grid.RowSpacingMm, RimMm);
            bool[] closed = InPlane.Eroded(wide, Grid.Columns, Grid.ColumnSpacingMm, Grid.RowSpacingMm, RimMm);
            ReadOnlySpan<bool> before = Filled.Slice(s);
            for (int i = 0; i < closed.Length; i++) closed[i] |= before[i];
            Fill(closed, s);
        }
    }

    /// <summary>Off the rim, within each slice.</summary>
    private bool[] Inner()
    {
        bool[] inner = new bool[Filled.Voxels.Length];
        for (int s = 0; s < Grid.Slices; s++)
            if (Filled.CountIn(s) > 0)
                InPlane.Eroded(Filled.Slice(s), Grid.Columns, Grid.ColumnSpacingMm, Grid.RowSpacingMm, RimMm).CopyTo(inner, s * Grid.PixelsPerSlice);
        return inner;
    }

    /// <summary>
    /// A thick slice that the hematoma fills only in part is darker: where the slice above or below holds none, density is no evidence. A hematoma of
    /// a slice or two has nothing else; its larger slices are taken as they are.
    /// </summary>
    private bool[] Uncapped(bool[] inner, CropBox box, int slices)
    {
        int n = Grid.PixelsPerSlice;
        bool[] core = new bool[inner.Length];
        int most = 0;
        for (int s = 0; s < Grid.Slices; s++)
        {
            int count = 0;
            for (int i = s * n; i < (s + 1) * n; i++)
            {
                core[i] = inner[i] && (s + box.Slice == 0 || Filled.Voxels[i - n]) && (s + box.Slice == slices - 1 || Filled.Voxels[i + n]);
                if (core[i]) count++;
            }

            most = Math.Max(most, count);
        }

        if (most * PixelMm2 >= BlendAreaMm2) return core;
        int largest = Filled.CountIn(Filled.LargestSlice);
        for (int s = 0; s < Grid.Slices; s++)
            if (2 * Filled.CountIn(s) >= largest) Array.Copy(inner, s * n, core, s * n, n);
        return core;
    }

    private (float[] Smooth, double Bright) Densities()
    {
        float[] smooth = new float[Raw.Length];
        if (NoiseHu > 0)
        {
            // The rim is smoothed by itself: what it has of the brain must not reach the core.
            bool[] rest = new bool[Core.Length];
            for (int i = 0; i < rest.Length; i++) rest[i] = Filled.Voxels[i] && !Core[i];
            Smoothing.Within(this, Core, smooth);
            Smoothing.Within(this, rest, smooth);
        }
        else
            for (int i = 0; i < smooth.Length; i++) smooth[i] = Raw[i];
        return (smooth, HasCore ? ClotNoise.BrightLevel(smooth, Core) : 0);
    }
}
