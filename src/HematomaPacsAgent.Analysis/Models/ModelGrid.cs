using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>The grid of a network that sees slices.</summary>
/// <param name="SpacingMm">Pixel size of the grid.</param>
/// <param name="Size">Pixels in its rows and columns.</param>
/// <param name="ClipHu">HU range mapped to 0..1.</param>
internal sealed record SliceGrid(double SpacingMm, int Size, IReadOnlyList<double> ClipHu);

/// <summary>
/// Slices on a model's grid: pixels of a fixed size around the middle of the image, the slices as acquired. Downwards every pixel is the mean
/// over its footprint (no aliasing); upwards values are blended linearly. <c>models/training/phantoms.py</c> has the same steps after this one.
/// </summary>
internal sealed class ModelGrid
{
    private const float Air = -1024;

    private readonly Volume volume;
    private readonly SliceGrid input;
    private readonly AxisTaps across, down;

    public ModelGrid(Volume volume, SliceGrid input)
    {
        (this.volume, this.input) = (volume, input);
        across = Taps(volume.Geometry.Columns, volume.Geometry.ColumnSpacingMm);
        down = Taps(volume.Geometry.Rows, volume.Geometry.RowSpacingMm);
        AxisTaps Taps(int count, double mm) =>
            new AxisPlan([.. Enumerable.Range(0, count).Select(k => k * mm)], mm, 0, input.SpacingMm, input.Size, GridAlignment.Centre).Taps(0, 1, areaMean: true);
    }

    /// <summary>One slice in HU, clipped and scaled to 0..1.</summary>
    public float[] Normalised(int slice)
    {
        float[] picture = Resample(Array.ConvertAll(volume.Slice(slice).ToArray(), hu => (float)hu), Air);
        float low = (float)input.ClipHu[0], range = (float)(input.ClipHu[1] - input.ClipHu[0]);
        for (int i = 0; i < picture.Length; i++) picture[i] = Math.Clamp((picture[i] - low) / range, 0, 1);
        return picture;
    }

    /// <summary>A slice of a mask: pixels that are at least half covered.</summary>
    public bool[] Of(Mask mask, int slice)
    {
        float[] values = Array.ConvertAll(mask.Slice(slice).ToArray(), set => set ? 1f : 0f);
        return Array.ConvertAll(Resample(values, 0), share => share >= 0.5f);
    }

    private float[] Resample(float[] source, float outside)
    {
        (int columns, int rows, int size) = (volume.Geometry.Columns, volume.Geometry.Rows, input.Size);
        float[] lines = new float[rows * size], picture = new float[size * size];
        for (int row = 0; row < rows; row++) across.AlongRow(source.AsSpan(row * columns, columns), lines.AsSpan(row * size, size), outside);
        for (int y = 0; y < size; y++) down.Combine(y, lines, size, picture.AsSpan(y * size, size), outside);
        return picture;
    }
}
