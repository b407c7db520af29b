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
    private readonly Footprint across, down;

    public ModelGrid(Volume volume, SliceGrid input)
    {
        (this.volume, this.input) = (volume, input);
        across = new Footprint(volume.Geometry.Columns, volume.Geometry.ColumnSpacingMm, input.Size, input.SpacingMm);
        down = new Footprint(volume.Geometry.Rows, volume.Geometry.RowSpacingMm, input.Size, input.SpacingMm);
    }

    public int Size => input.Size;

    /// <summary>One slice in HU, clipped and scaled to 0..1.</summary>
    public float[] Normalised(int slice)
    {
        int columns = volume.Geometry.Columns;
        ReadOnlySpan<short> hounsfield = volume.Slice(slice);
        float[] values = new float[hounsfield.Length];
        for (int i = 0; i < values.Length; i++) values[i] = hounsfield[i];
        float[] picture = Resample(values, columns, Air);
        float low = (float)input.ClipHu[0], range = (float)(input.ClipHu[1] - input.ClipHu[0]);
        for (int i = 0; i < picture.Length; i++) picture[i] = Math.Clamp((picture[i] - low) / range, 0, 1);
        return picture;
    }

    /// <summary>A slice of a mask: pixels that are at least half covered.</summary>
    public bool[] Of(Mask mask, int slice)
    {
        float[] values = Array.ConvertAll(mask.Slice(slice).ToArray(), set => set ? 1f : 0f);
        return Array.ConvertAll(Resample(values, volume.Geometry.Columns, 0), share => share >= 0.5f);
    }

    /// <summary>The slice nearest to a distance above (or below) another; the ends repeat.</summary>
    public int Neighbour(int slice, double offsetMm)
    {
        IReadOnlyList<double> positions = volume.Geometry.SlicePositionsMm;
        double wanted = positions[slice] + offsetMm;
        int direction = Math.Sign(offsetMm), at = slice;
        while (at + direction >= 0 && at + direction < positions.Count
            && Math.Abs(positions[at + direction] - wanted) < Math.Abs(positions[at] - wanted)) at += direction;
        return at;
    }

    /// <summary>A picture on the model's grid brought back to the source's pixels, linearly; outside the grid <paramref name="outside"/>.</summary>
    public void ToSource(ReadOnlySpan<float> picture, Span<float> source, float outside)
    {
        VolumeGeometry geometry = volume.Geometry;
        for (int row = 0; row < geometry.Rows; row++)
        {
            float y = down.ToModel(row);
            for (int column = 0; column < geometry.Columns; column++)
            {
                float x = across.ToModel(column);
                source[row * geometry.Columns + column] = x < 0 || y < 0 || x > Size - 1 || y > Size - 1 ? outside : Bilinear(picture, x, y);
            }
        }
    }

    private float Bilinear(ReadOnlySpan<float> picture, float x, float y)
    {
        int x0 = Math.Min((int)x, Size - 2), y0 = Math.Min((int)y, Size - 2);
        float fx = x - x0, fy = y - y0;
        int i = y0 * Size + x0;
        return (picture[i] * (1 - fx) + picture[i + 1] * fx) * (1 - fy) + (picture[i + Size] * (1 - fx) + picture[i + Size + 1] * fx) * fy;
    }

    private float[] Resample(float[] source, int columns, float outside)
    {
        int rows = source.Length / columns;
        float[] lines = new float[rows * Size];
        for (int row = 0; row < rows; row++)
            for (int x = 0; x < Size; x++) lines[row * Size + x] = across.Mean(source, row * columns, 1, x, outside);
        float[] picture = new float[Size * Size];
        for (int y = 0; y < Size; y++)
            for (int x = 0; x < Size; x++) picture[y * Size + x] = down.Mean(lines, x, Size, y, outside);
        return picture;
    }

    /// <summary>Along one axis: which source pixels, with what weights, make up a pixel of the model's grid. Both grids share their middle.</summary>
    private sealed class Footprint
    {
        private readonly int[] first;
        private readonly float[][] weights;
        private readonly double scale, shift;

        public Footprint(int sourceCount, double sourceMm, int modelCount, double modelMm)
        {
            scale = sourceMm / modelMm;
            shift = (modelCount - 1) / 2.0 - (sourceCount - 1) / 2.0 * scale;
            (first, weights) = (new int[modelCount], new float[modelCount][]);
            double reach = Math.Max(1, 1 / scale); // in source pixels: a box of the model pixel's width, or a tent between two source pixels
            for (int i = 0; i < modelCount; i++)
            {
                double centre = (i - shift) / scale;
                List<float> w = [];
                first[i] = -1;
                for (int k = (int)Math.Floor(centre - reach); k <= Math.Ceiling(centre + reach); k++)
                {
                    double overlap = scale < 1
                        ? Math.Min(k + 0.5, centre + reach / 2) - Math.Max(k - 0.5, centre - reach / 2)
                        : 1 - Math.Abs(k - centre);
                    if (overlap <= 1e-9 || k < 0 || k >= sourceCount) continue;
                    if (first[i] < 0) first[i] = k;
                    w.Add((float)overlap);
                }

                float sum = w.Sum();
                weights[i] = [.. w.Select(value => value / sum)];
            }
        }

        public float ToModel(int source) => (float)(source * scale + shift);

        public float Mean(float[] values, int start, int stride, int model, float outside)
        {
            if (first[model] < 0) return outside;
            float sum = 0;
            int at = start + first[model] * stride;
            foreach (float weight in weights[model])
            {
                sum += weight * values[at];
                at += stride;
            }

            return sum;
        }
    }
}
