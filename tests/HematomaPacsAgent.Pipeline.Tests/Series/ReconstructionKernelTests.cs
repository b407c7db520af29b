using System.ComponentModel.DataAnnotations;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

public sealed class ReconstructionKernelTests
{
    [Theory]
    [InlineData("BONE", KernelSharpness.Sharp)]
    [InlineData("BONEPLUS", KernelSharpness.Sharp)]
    [InlineData("EDGE", KernelSharpness.Sharp)]
    [InlineData("LUNG", KernelSharpness.Sharp)]
    [InlineData("STANDARD", KernelSharpness.Soft)]
    [InlineData("STD+", KernelSharpness.Soft)]
    [InlineData("SOFT", KernelSharpness.Soft)]
    [InlineData("H31s", KernelSharpness.Soft)]
    [InlineData("H60s", KernelSharpness.Sharp)]
    [InlineData("B70f", KernelSharpness.Sharp)]
    [InlineData("Hr40f", KernelSharpness.Soft)]
    [InlineData("Hr60f", KernelSharpness.Sharp)]
    [InlineData("Br64d", KernelSharpness.Sharp)]
    [InlineData("J40s", KernelSharpness.Soft)]
    [InlineData("UB", KernelSharpness.Soft)]
    [InlineData("UC", KernelSharpness.Soft)]
    [InlineData("YB", KernelSharpness.Sharp)]
    [InlineData("YD", KernelSharpness.Sharp)]
    [InlineData("E", KernelSharpness.Sharp)]
    [InlineData("FC21", KernelSharpness.Soft)]
    [InlineData("FC30", KernelSharpness.Sharp)]
    [InlineData("FC81", KernelSharpness.Sharp)]
    [InlineData("11", KernelSharpness.Unknown)]
    [InlineData("PHANTOM", KernelSharpness.Unknown)]
    [InlineData("", KernelSharpness.Unknown)]
    public void The_vendors_kernels_are_told_apart(string kernel, object sharpness) =>
        Assert.Equal(sharpness, ReconstructionKernel.Of(kernel, new SeriesRules()));

    [Fact]
    public void A_site_can_name_its_own_kernels_and_its_own_limit()
    {
        SeriesRules rules = new() { SharpKernels = ["OUR-BONE-[0-9]+"], SoftKernels = ["OUR-.*"], SharpFromNumber = 45 };
        Assert.Equal(KernelSharpness.Sharp, ReconstructionKernel.Of("our-bone-7", rules));
        Assert.Equal(KernelSharpness.Soft, ReconstructionKernel.Of("OUR-BRAIN", rules));
        Assert.Equal(KernelSharpness.Sharp, ReconstructionKernel.Of("H48h", rules));
        Assert.Equal(KernelSharpness.Unknown, ReconstructionKernel.Of("BONE", rules));
    }

    [Fact]
    public void Rules_that_contradict_themselves_or_are_no_expressions_are_told_all_at_once()
    {
        SeriesRules rules = new() { MinSlices = 50, MaxSlices = 20, MinCoverageMm = 500, SharpKernels = ["BONE("], SoftKernels = [@"(A)\1"] };
        List<ValidationResult> wrong = [];
        Assert.False(Validator.TryValidateObject(rules, new ValidationContext(rules), wrong, validateAllProperties: true));
        Assert.Equal(4, wrong.Count);
        Assert.Contains(wrong, result => result.ErrorMessage!.Contains("'BONE('", StringComparison.Ordinal));
    }

    [Fact]
    public void Other_rules_have_another_fingerprint() =>
        Assert.NotEqual(new SeriesRules().Fingerprint, new SeriesRules { BoneWords = ["X"] }.Fingerprint);
}
