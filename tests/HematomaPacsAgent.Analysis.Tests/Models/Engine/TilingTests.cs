using System.Globalization;
using CsCheck;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Tests.Models.Engine;

public sealed class TilingTests
{
    [Fact]
    public void Patches_lie_where_the_published_rules_put_them()
    {
        string[] lines = [.. File.ReadLines(Path.Combine(TinyPackages.Golden, "tiles.csv")).Skip(1)];
        Assert.True(lines.Length > 600);
        foreach (string line in lines)
        {
            string[] fields = line.Split(',');
            TilingRule rule = fields[0] == "monai" ? TilingRule.Monai : TilingRule.NnUnet;
            int[] starts = Tiling.Starts(int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[2], CultureInfo.InvariantCulture),
                double.Parse(fields[3], CultureInfo.InvariantCulture), rule);
            Assert.True(fields[4] == string.Join(' ', starts), $"{line}: {string.Join(' ', starts)}");
        }
    }

    [Fact]
    public void Every_voxel_is_covered_and_no_patch_is_wasted_outside() =>
        Gen.Select(Gen.Int[1, 600], Gen.Int[1, 200], Gen.Double[0, 0.9], TinyPackages.OneOf(TilingRule.NnUnet, TilingRule.Monai))
            .Sample((size, patch, overlap, rule) =>
        {
            int[] starts = Tiling.Starts(size, patch, overlap, rule);
            bool[] covered = new bool[size];
            foreach (int start in starts)
                for (int i = Math.Max(0, start); i < Math.Min(size, start + patch); i++) covered[i] = true;
            return covered.All(voxel => voxel) && starts.Order().SequenceEqual(starts) && (patch > size || (starts[0] == 0 && starts[^1] == size - patch));
        }, iter: 300);

    [Theory]
    [InlineData("12", new[] { 12 })]
    [InlineData("7x16", new[] { 7, 16 })]
    [InlineData("5x8x12", new[] { 5, 8, 12 })]
    public void Gaussians_are_the_published_ones(string name, int[] patch)
    {
        ModelInferer inferer = new() { Patch = patch };
        Near.Equal(TinyPackages.Read($"gaussian.nnunet.{name}"), BlendWeights.Of(patch, inferer), 1e-6);
        Near.Equal(TinyPackages.Read($"gaussian.nnunet.narrow.{name}"), BlendWeights.Of(patch, inferer with { SigmaScale = 0.05 }), 1e-6);
        Near.Equal(TinyPackages.Read($"gaussian.monai.{name}"), BlendWeights.Of(patch, inferer with { Tiling = TilingRule.Monai }), 1e-6);
        Assert.All(BlendWeights.Of(patch, inferer with { Blend = BlendRule.Constant }), weight => Assert.Equal(1, weight));
    }
}
