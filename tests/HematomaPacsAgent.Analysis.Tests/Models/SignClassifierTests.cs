using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class SignClassifierTests : IDisposable
{
    private readonly SignClassifier classifier = SignClassifier.Load(Packages.Signs, Inference.Cpu);

    public void Dispose() => classifier.Dispose();

    [Theory]
    [InlineData(0.70, SignState.Present)]
    [InlineData(0.64, SignState.Indeterminate)]
    [InlineData(0.50, SignState.Indeterminate)]
    [InlineData(0.36, SignState.Indeterminate)]
    [InlineData(0.30, SignState.Absent)]
    public void A_probability_near_the_threshold_is_indeterminate(double probability, SignState state) =>
        Assert.Equal(state, SignClassifier.Decide(probability, new ModelClass(0, "blend-sign", 0.5, 0.15)));

    [Fact]
    public void A_hematoma_of_one_voxel_is_classified_and_an_empty_mask_refused()
    {
        Volume volume = HeadPhantom.Render(PhantomSpecification.FromSeed(3, 256)).Volume;
        Mask mask = new(volume.Geometry);
        Assert.Throws<ArgumentException>(() => classifier.Classify(volume, mask, TestContext.Current.CancellationToken));
        mask.Voxels[(12 * 256 + 120) * 256 + 130] = true;
        Assert.All(classifier.Classify(volume, mask, TestContext.Current.CancellationToken), sign => Assert.Equal(12, sign.KeySlice));
    }
}
