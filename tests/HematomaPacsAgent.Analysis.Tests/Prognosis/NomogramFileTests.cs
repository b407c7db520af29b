using System.Text.Json.Nodes;
using CsCheck;
using HematomaPacsAgent.Analysis.Prognosis;

namespace HematomaPacsAgent.Analysis.Tests.Prognosis;

public sealed class NomogramFileTests
{
    [Theory]
    [InlineData("beta beyond 3", "\"beta\": 0.6", "\"beta\": 8.61", "beta 8.61 per standard deviation is beyond ±3")]
    [InlineData("wrong sign", "\"beta\": 0.6", "\"beta\": -0.24", "beta -0.24 contradicts the expected sign, positive")]
    [InlineData("no effect", "\"beta\": 0.6", "\"beta\": 0", "beta 0 does nothing")]
    [InlineData("sd of zero", "\"sd\": 0.3", "\"sd\": 0", "sd 0 must be above 0")]
    [InlineData("negative sd", "\"sd\": 0.3", "\"sd\": -1", "sd -1 must be above 0")]
    [InlineData("infinite mean", "\"mean\": 0.2", "\"mean\": 1e999", "mean must be a finite number")]
    [InlineData("mean as text", "\"mean\": 0.2", "\"mean\": \"0.2\"", "mean must be a finite number, not \"0.2\"")]
    [InlineData("mean out of range", "\"mean\": 0.2", "\"mean\": 7", "mean 7 lies outside 0 to 1")]
    [InlineData("thresholds reversed", "{\"low\": 0.2, \"high\": 0.5}", "{\"low\": 0.5, \"high\": 0.2}", "must satisfy 0 < low < high < 1")]
    [InlineData("threshold of one", "\"high\": 0.5", "\"high\": 1", "must satisfy 0 < low < high < 1")]
    [InlineData("unknown key", "\"intercept\": -1,", "\"intercept\": -1, \"intercpet\": 2,", "intercpet is not a known key")]
    [InlineData("unknown key in a term", "\"unit\": \"mm3\",", "\"unit\": \"mm3\", \"spline\": 3,", "radscore.terms[0]: spline is not a known key")]
    [InlineData("key twice", "\"intercept\": -1,", "\"intercept\": -1, \"intercept\": 2,", "intercept occurs twice")]
    [InlineData("missing key", "\"outcomeId\": \"HE_6_33\",", "", "outcomeId is missing")]
    [InlineData("other schema", "hematoma-nomogram/1", "hematoma-nomogram/9", "schema is \"hematoma-nomogram/9\"")]
    [InlineData("other link", "\"link\": \"logit\"", "\"link\": \"points\"", "link is \"points\", must be logit")]
    [InlineData("unknown sign", "\"blend-sign\"", "\"blend_sign\"", "unknown code blend_sign")]
    [InlineData("unknown feature", "original_shape_MeshVolume", "original_shape_Volume", "does not compute the feature original_shape_Volume")]
    [InlineData("term twice", "original_shape_Sphericity", "original_shape_MeshVolume", "original_shape_MeshVolume occurs more than once")]
    [InlineData("clinical without provenance", "\"demonstration\"", "\"clinical\"", "probabilityProvenance none is for demonstration only")]
    [InlineData("published without citation", "\"probabilityProvenance\": \"none\"", "\"probabilityProvenance\": \"published\"", "needs a citation")]
    [InlineData("logarithm of zero", "\"min\": 100,", "\"min\": 0,", "min 0 must be above 0 for the logarithm")]
    [InlineData("empty range", "\"min\": -3,", "\"min\": 3,", "min 3 must be below max 3")]
    [InlineData("a probability beyond one", "\"min\": 0, \"max\": 1", "\"min\": 0, \"max\": 100", "blend-sign is a probability")]
    [InlineData("no radscore", "\"code\": \"radscore\"", "\"code\": \"swirl-sign\"", "radscore is defined, but no term has the code radscore")]
    [InlineData("direction any for a sign", "\"expectedSign\": \"positive\"", "\"expectedSign\": \"any\"", "expectedSign is \"any\", must be positive or negative")]
    [InlineData("no object", "{\"low\": 0.2, \"high\": 0.5}", "[0.2, 0.5]", "thresholds: must be an object, not a list")]
    public void A_bad_file_is_refused_with_its_name_and_the_reason(string what, string good, string bad, string reason)
    {
        Assert.Contains(good, NomogramFiles.Small, StringComparison.Ordinal);
        NomogramException refusal = Assert.Throws<NomogramException>(() =>
            NomogramFiles.Load(NomogramFiles.Small.Replace(good, bad, StringComparison.Ordinal)));
        Assert.True(refusal.Message.Contains(reason, StringComparison.Ordinal), $"{what}: {refusal.Message}");
        Assert.Contains(".json: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        string json = NomogramFiles.Small.Replace("\"beta\": 0.6", "\"beta\": 8", StringComparison.Ordinal)
            .Replace("\"sd\": 1.5", "\"sd\": 0", StringComparison.Ordinal).Replace("\"link\": \"logit\", ", "", StringComparison.Ordinal)
            .Replace("\"low\": 0.2", "\"low\": 0.9", StringComparison.Ordinal);
        string message = Assert.Throws<NomogramException>(() => NomogramFiles.Load(json)).Message;
        Assert.Contains("4 found wrong:", message, StringComparison.Ordinal);
        Assert.Contains("terms[0]: beta 8", message, StringComparison.Ordinal);
        Assert.Contains("terms[1]: sd 0", message, StringComparison.Ordinal);
        Assert.Contains("link is missing", message, StringComparison.Ordinal);
        Assert.Contains("thresholds: low 0.9", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_is_needed_except_the_radscore_with_its_term()
    {
        JsonObject whole = JsonNode.Parse(NomogramFiles.Small)!.AsObject();
        foreach (string key in whole.Select(pair => pair.Key).ToList())
        {
            JsonObject part = JsonNode.Parse(NomogramFiles.Small)!.AsObject();
            part.Remove(key);
            Assert.Throws<NomogramException>(() => NomogramFiles.Load(part.ToJsonString()));
        }

        whole.Remove("radscore");
        whole["terms"]!.AsArray().RemoveAt(1);
        Nomogram signsOnly = NomogramFiles.Load(whole.ToJsonString());
        NomogramScore score = signsOnly.Score(new Dictionary<string, double> { ["blend-sign"] = 1 }, new Dictionary<string, double>());
        Assert.True(double.IsNaN(score.Radscore));
    }

    [Fact]
    public void A_file_that_is_missing_no_JSON_or_far_too_large_is_refused_by_name()
    {
        NomogramException missing = Assert.Throws<NomogramException>(() => Nomogram.Load("/no/such/nomogram.json"));
        Assert.Contains("/no/such/nomogram.json", missing.Message, StringComparison.Ordinal);
        Assert.Contains("not JSON", Assert.Throws<NomogramException>(() => NomogramFiles.Load("{")).Message, StringComparison.Ordinal);
        NomogramException large = Assert.Throws<NomogramException>(() => NomogramFiles.Load(new string(' ', 2 << 20)));
        Assert.Contains("this is no nomogram", large.Message, StringComparison.Ordinal);
    }

    private static readonly string[] Debris = ["", "0", "-", "\"", "{}", "[]", "null", "1e999", ","];

    /// <summary>Bounded fuzzing: any damaged file ends in a nomogram or in the one exception.</summary>
    [Fact]
    public void A_damaged_file_gives_a_nomogram_or_a_clear_refusal_never_another_exception() =>
        Gen.Select(Gen.Int[0, NomogramFiles.Small.Length - 1], Gen.Int[0, 40], Gen.Int[0, Debris.Length - 1]).Sample((at, count, with) =>
        {
            string json = NomogramFiles.Small.Remove(at, Math.Min(count, NomogramFiles.Small.Length - at)).Insert(at, Debris[with]);
            try
            {
                NomogramFiles.Load(json).Score(new Dictionary<string, double>(), new Dictionary<string, double>());
            }
            catch (NomogramException)
            {
                // The only way to fail.
            }
        }, iter: 1000);
}
