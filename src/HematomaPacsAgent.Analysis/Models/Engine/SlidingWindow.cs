using System.Numerics.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>A scan on the model's grid.</summary>
/// <param name="Sides">Voxels along z, y and x.</param>
/// <param name="Channels">Each [z, y, x], normalised.</param>
/// <param name="SliceOf">Slices only: for each channel and z the slice that it shows.</param>
internal sealed record GridImage(int[] Sides, float[][] Channels, int[][] SliceOf);

/// <summary>Moves a network over the grid patch by patch and blends its answers.</summary>
internal sealed class SlidingWindow
{
    private readonly ModelManifest manifest;
    private readonly GridImage image;
    private readonly PatchShape input, output;
    private readonly (int Z, int Y, int X)[] tiles;
    private readonly float[] weights; // of one patch, z, y, x
    private readonly float[] coverage; // sum of the weights, [z, y, x]
    private readonly int plane;

    /// <param name="needed">Where answers are read; null everywhere.</param>
    public SlidingWindow(ModelManifest manifest, GridImage image, NeededVoxels? needed)
    {
        (this.manifest, this.image) = (manifest, image);
        ModelInferer inferer = manifest.Inferer;
        input = new PatchShape(manifest.Geometry.Axes, manifest.Input.Layout, inferer.Patch, inferer.Context);
        output = new PatchShape(manifest.Geometry.Axes, manifest.Input.Layout, inferer.Patch, 0);
        plane = image.Sides[1] * image.Sides[2];
        int[] z = manifest.Input.Layout == InputLayout.Slices ? [.. Enumerable.Range(0, image.Sides[0])] : Starts(0), y = Starts(1), x = Starts(2);
        tiles = [.. from a in z from b in y from c in x where needed?.Meets(a, b, c, output.Sides) != false select (a, b, c)];
        weights = BlendWeights.Of(output.Sides, inferer);
        coverage = new float[plane * image.Sides[0]];
        foreach ((int Z, int Y, int X) tile in tiles)
            EachRow(tile, (from, at, count) => TensorPrimitives.Add(coverage.AsSpan(at, count), weights.AsSpan(from, count), coverage.AsSpan(at, count)));
        coverage.AsSpan().Replace(0, 1); // where nobody looks the logits stay 0

        // Patches of a network without padding join without a seam wherever they begin: they begin where answers are read.
        int[] Starts(int axis)
        {
            (int from, int count) = inferer.Context > 0 && needed?.Reach is { } reach ? reach[axis] : (0, image.Sides[axis]);
            return [.. Tiling.Starts(count, output.Sides[axis], inferer.Overlap, inferer.Tiling).Select(start => start + from)];
        }
    }

    /// <summary>Runs of the network in one pass.</summary>
    public int Runs => (tiles.Length + manifest.Inferer.Batch - 1) / manifest.Inferer.Batch;

    /// <summary>One pass: the logits of each output channel on the grid.</summary>
    /// <param name="model">The network.</param>
    /// <param name="mirror">Axes along which it sees each patch mirrored; see <see cref="PatchShape.Row"/>.</param>
    /// <param name="logits">Takes the answer, channel by channel.</param>
    /// <param name="done">Told after each run.</param>
    /// <exception cref="ModelPackageException">The output has not the size that the manifest says, or holds values that are no numbers.</exception>
    public void Run(OnnxModel model, string path, int mirror, float[][] logits, Action done, CancellationToken cancellation)
    {
        foreach (float[] channel in logits) Array.Clear(channel);
        int channels = image.Channels.Length, batch = manifest.Inferer.Batch;
        float[] values = [];
        for (int first = 0; first < tiles.Length; first += batch)
        {
            int count = Math.Min(batch, tiles.Length - first);
            if (values.Length != count * channels * input.Count) values = new float[count * channels * input.Count];
            for (int i = 0; i < count; i++)
                for (int c = 0; c < channels; c++) Extract(tiles[first + i], c, mirror, values.AsSpan((i * channels + c) * input.Count, input.Count));
            float[] answer = model.Run(values, [count, channels, .. input.Dimensions], cancellation);
            Check(answer, count, path);
            for (int i = 0; i < count; i++)
                for (int c = 0; c < logits.Length; c++)
                    Blend(tiles[first + i], answer.AsSpan((i * logits.Length + c) * output.Count, output.Count), mirror, logits[c]);
            done();
        }

        Parallel.For(0, logits.Length * image.Sides[0], i =>
        {
            int slice = i % image.Sides[0];
            Span<float> target = logits[i / image.Sides[0]].AsSpan(slice * plane, plane);
            TensorPrimitives.Divide(target, coverage.AsSpan(slice * plane, plane), target);
        });
    }

    private void Check(float[] answer, int count, string path)
    {
        int wanted = count * manifest.Output.Channels * output.Count;
        if (answer.Length != wanted)
            throw new ModelPackageException($"{path} gives {answer.Length} values for {count} patch(es) of {string.Join(" x ", manifest.Inferer.Patch)}"
                + $" where {manifest.Output.Channels} channel(s) make {wanted}: it is no segmentation model for this input."
                + " Remedy: correct inferer.patch, inferer.context or output.channels in model.json");
        // A sum is no number where one of its terms is none; it may overflow only where the values are useless, too.
        if (!float.IsFinite(TensorPrimitives.Sum<float>(answer)))
            throw new ModelPackageException($"{path} gives values that are no numbers (NaN or infinite) on this scan: its result cannot be used."
                + " Remedy: check the export (half precision overflows) and normalization in model.json");
    }

    /// <summary>What the network is shown of a tile, its context around it; beyond the grid the pad value.</summary>
    private void Extract((int Z, int Y, int X) tile, int channel, int mirror, Span<float> values)
    {
        int context = manifest.Inferer.Context, pz = input.Sides[0], py = input.Sides[1], px = input.Sides[2];
        int z0 = pz == 1 && output.Sides[0] == 1 ? tile.Z : tile.Z - context, y0 = tile.Y - context, x0 = tile.X - context;
        int left = Math.Clamp(-x0, 0, px), right = Math.Clamp(image.Sides[2] - x0, left, px);
        float pad = (float)manifest.Inferer.PadValue;
        for (int z = 0; z < pz; z++)
            for (int y = 0; y < py; y++)
            {
                (int at, int step) = input.Row(z, y, mirror);
                bool inside = z0 + z >= 0 && z0 + z < image.Sides[0] && y0 + y >= 0 && y0 + y < image.Sides[1];
                int end = inside ? right : 0, begin = inside ? left : 0;
                for (int x = 0; x < begin; x++) values[at + x * step] = pad;
                if (end > begin)
                {
                    int slice = image.SliceOf.Length == 0 ? z0 + z : image.SliceOf[channel][z0 + z];
                    ReadOnlySpan<float> row = image.Channels[channel].AsSpan(slice * plane + (y0 + y) * image.Sides[2] + x0 + begin, end - begin);
                    if (step == 1) row.CopyTo(values.Slice(at + begin, row.Length));
                    else
                        for (int x = 0; x < row.Length; x++) values[at + (begin + x) * step] = row[x];
                }

                for (int x = end; x < px; x++) values[at + x * step] = pad;
            }
    }

    private void Blend((int Z, int Y, int X) tile, ReadOnlySpan<float> answer, int mirror, float[] sum)
    {
        float[] line = new float[output.Sides[2]];
        (int left, int count) = Inside(tile.X, output.Sides[2]);
        for (int z = 0; z < output.Sides[0]; z++)
            for (int y = 0; y < output.Sides[1]; y++)
            {
                if (tile.Z + z < 0 || tile.Z + z >= image.Sides[0] || tile.Y + y < 0 || tile.Y + y >= image.Sides[1]) continue;
                (int at, int step) = output.Row(z, y, mirror);
                ReadOnlySpan<float> row = line;
                if (step == 1) row = answer.Slice(at, line.Length);
                else
                    for (int x = 0; x < line.Length; x++) line[x] = answer[at + x * step];
                Span<float> target = sum.AsSpan((tile.Z + z) * plane + (tile.Y + y) * image.Sides[2] + tile.X + left, count);
                int from = (z * output.Sides[1] + y) * output.Sides[2] + left;
                TensorPrimitives.MultiplyAdd(row.Slice(left, count), weights.AsSpan(from, count), target, target);
            }
    }

    /// <summary>The rows of a tile that lie on the grid: where each begins in the tile and on the grid, and its length there.</summary>
    private void EachRow((int Z, int Y, int X) tile, Action<int, int, int> row)
    {
        (int left, int count) = Inside(tile.X, output.Sides[2]);
        for (int z = Math.Max(0, -tile.Z); z < Math.Min(output.Sides[0], image.Sides[0] - tile.Z); z++)
            for (int y = Math.Max(0, -tile.Y); y < Math.Min(output.Sides[1], image.Sides[1] - tile.Y); y++)
                row((z * output.Sides[1] + y) * output.Sides[2] + left, (tile.Z + z) * plane + (tile.Y + y) * image.Sides[2] + tile.X + left, count);
    }

    private (int Left, int Count) Inside(int start, int side)
    {
        int left = Math.Max(0, -start);
        return (left, Math.Min(side, image.Sides[2] - start) - left);
    }
}
