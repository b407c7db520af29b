using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class LocalIntensityTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Running_sums_give_the_means_over_the_ball() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[1, 6], Gen.Int[1, 100000]).Sample((sizeX, sizeY, sizeZ, seed) =>
        {
            Random random = new(seed);
            ImageGrid grid = new(sizeX, sizeY, sizeZ, 0.9, 1.7, 4);
            double[] voxels = [.. Enumerable.Range(0, grid.Count).Select(_ => random.Next(20) == 0 ? double.NaN : (double)random.Next(40))];
            // The region is the middle of the image; its neighbours count too.
            Box box = new(sizeX / 4, sizeY / 3, 0, sizeX - sizeX / 2, sizeY - sizeY / 2, sizeZ);
            bool[] mask = [.. box.Cut<double>(voxels, sizeX, sizeY).Select(value => double.IsFinite(value) && random.Next(3) > 0)];
            if (!mask.Contains(true)) return;
            LocalIntensityMeasures found = LocalIntensity.Measure(new ScalarImage(grid, voxels), box, mask, Cancellation);

            var means = new List<(double Intensity, double Mean)>();
            for (int i = 0; i < mask.Length; i++)
            {
                if (!mask[i]) continue;
                int x = box.X + i % box.SizeX, y = box.Y + i / box.SizeX % box.SizeY, z = box.Z + i / box.SizeX / box.SizeY;
                double[] ball = [.. Enumerable.Range(0, grid.Count).Where(j => double.IsFinite(voxels[j])
                    && Math.Pow((j % sizeX - x) * 0.9, 2) + Math.Pow((j / sizeX % sizeY - y) * 1.7, 2) + Math.Pow((j / sizeX / sizeY - z) * 4.0, 2) <= 38.4846)
                    .Select(j => voxels[j])];
                means.Add((voxels[(z * sizeY + y) * sizeX + x], ball.Average()));
            }

            Assert.Equal(means.Max(m => m.Mean), found.GlobalPeak, 1e-12);
            Assert.Equal(means.Where(m => m.Intensity == means.Max(other => other.Intensity)).Max(m => m.Mean), found.LocalPeak, 1e-12);
        }, iter: 150);

    [Fact]
    public void Voxels_larger_than_the_ball_are_their_own_mean()
    {
        LocalIntensityMeasures found = LocalIntensity.Measure(new ScalarImage(new ImageGrid(3, 1, 1, 7, 7, 7), [5, 9, 2]), new Box(0, 0, 0, 3, 1, 1),
            [true, false, true], Cancellation);
        Assert.Equal((5, 5), (found.LocalPeak, found.GlobalPeak));
    }

    [Fact]
    public void A_box_beyond_the_image_and_an_empty_mask_are_refused()
    {
        ScalarImage image = new(new ImageGrid(3, 1, 1, 1, 1, 1), [5, 9, 2]);
        Assert.Throws<RadiomicsException>(() => LocalIntensity.Measure(image, new Box(1, 0, 0, 3, 1, 1), [true, true, true], Cancellation));
        Assert.Throws<RadiomicsException>(() => LocalIntensity.Measure(image, new Box(0, 0, 0, 3, 1, 1), [false, false, false], Cancellation));
    }
}
