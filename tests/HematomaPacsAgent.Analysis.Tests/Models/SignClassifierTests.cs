using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class SignClassifierTests : IDisposable
{
    private readonly SignClassifier classifier = SignClassifier.Load(Packages.Signs, InferenceDevice.Cpu);

    public void Dispose() => classifier.Dispose();

    [Theory]
    [InlineData(0.70, SignState.Present)]
    [InlineData(0.64, SignState.Indeterminate)]
    [InlineData(0.50, SignState.Indeterminate)]
    [InlineData(0.36, SignState.Indeterminate)]
    [InlineData(0.30, SignState.Absent)]
    public void A_probability_near_the_threshold_is_indeterminate(double probability, SignState state) =>
        Assert.Equal(state, SignClassifier.Decide(probability, new ModelOutput("blend-sign", 0.5, 0.15)));

    [Fact]
    public void Signs_of_unseen_phantoms_rank_those_that_have_them_first()
    {
        List<(double Probability, bool Truth)> answers = [];
        for (int seed = 1; seed <= 30; seed++)
        {
            PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 96));
            if (phantom.Hematoma.IsEmpty) continue;
            foreach (SignPrediction sign in classifier.Classify(phantom.Volume, phantom.Hematoma, TestContext.Current.CancellationToken))
            {
                answers.Add((sign.Probability, phantom.Signs[sign.Code]));
                Assert.InRange(sign.Probability, 0, 1);
                Assert.True(phantom.Hematoma.CountIn(sign.KeySlice) > 0);
            }
        }

        double[] with = [.. answers.Where(a => a.Truth).Select(a => a.Probability)], without = [.. answers.Where(a => !a.Truth).Select(a => a.Probability)];
        double auc = with.Average(p => without.Average(q => p > q ? 1 : p == q ? 0.5 : 0));
        Assert.True(auc > 0.85, $"area under the curve over all signs {auc:F3}");
    }

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
