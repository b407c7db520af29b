using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Tables;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary><c>radiomics</c> as a researcher runs it: one case, a list, what fails, what is taken up again.</summary>
public sealed class RadiomicsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>The heap's limit makes it fail where memory grows: filters of a whole 512 x 512 x 40 CT took PyRadiomics 1,680 MiB.</summary>
    [Fact]
    public async Task A_PyRadiomics_parameter_file_gives_all_of_its_1130_values_within_300_MB()
    {
        string data = SharedFiles.Data("radiomics/pyradiomics-oracle");
        var (exitCode, output) = await Programs.RunAsync("env", ["DOTNET_GCHeapHardLimit=0x12C00000", "dotnet", AgentProcess.Program, "radiomics",
            "--image", Path.Combine(data, "ich5_image.nii.gz"), "--mask", Path.Combine(data, "ich5_mask.nii.gz"),
            "--params", Path.Combine(data, "params_filters.yaml"), "--out", folder["one.csv"], "--json", folder["one.json"]],
            TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
        Dictionary<string, string> oracle = CsvFile.Read(Path.Combine(data, "oracle_ich5_filters_bw25.csv")).Rows
            .ToDictionary(row => row.Cells[0], row => row.Cells[1]);
        CsvFile table = CsvFile.Read(folder["one.csv"]);
        CsvRow made = Assert.Single(table.Rows);
        Assert.Equal(["Image", "Mask", "status", "reason", "warnings", "parameters"], table.Header.Take(6));
        Assert.Contains("grey levels", Cell(table, made, "warnings"), StringComparison.Ordinal);
        Assert.Equal("ok", Cell(table, made, "status"));
        string[] features = [.. oracle.Keys.Where(name => !name.StartsWith("diagnostics_", StringComparison.Ordinal))];
        Assert.Equal(1130, features.Length);
        Assert.Equal(features, table.Header.Skip(6).SkipWhile(name => name.StartsWith("diagnostics_", StringComparison.Ordinal)));
        Assert.All(features, name => Assert.Equal(Number(oracle[name]), Number(Cell(table, made, name)),
            Math.Abs(Number(oracle[name])) * (name.StartsWith("log-", StringComparison.Ordinal) ? 1e-5 : 1e-9)));
        foreach (string same in (string[])["Image-original_Spacing", "Image-original_Size", "Image-original_Mean", "Image-original_Minimum",
            "Image-original_Maximum", "Mask-original_BoundingBox", "Mask-original_VoxelNum", "Mask-original_VolumeNum", "Mask-original_CenterOfMassIndex"])
            Assert.Equal(oracle[$"diagnostics_{same}"], Cell(table, made, $"diagnostics_{same}"));

        JsonElement json = Assert.Single(JsonDocument.Parse(File.ReadAllText(folder["one.json"])).RootElement.EnumerateArray());
        Assert.Equal("ok", json.GetProperty("status").GetString());
        // Form of the original image, six classes of each of the twelve images.
        JsonElement[] classes = [.. json.GetProperty("classes").EnumerateArray()];
        Assert.Equal(1 + 6 * 12, classes.Length);
        Assert.All(classes, one => Assert.True(one.GetProperty("computed").GetBoolean()));
        Assert.Equal(Number(Cell(table, made, features[0])), json.GetProperty("values").GetProperty(features[0]).GetDouble());
    }

    [Fact]
    public async Task The_dictionary_gives_each_column_its_unit_and_codes()
    {
        var (exitCode, output) = await RunAsync("--dictionary", "--params", Path.Combine(SharedFiles.Repository, "config", "radiomics.yaml"));
        Assert.True(exitCode == 0, output);
        CsvFile table = CsvFile.Parse(output, "dictionary");
        Assert.Equal(107, table.Rows.Count);
        Assert.Contains(table.Rows, row => row.Cells.SequenceEqual(["original_glcm_JointEnergy", "glcm", "1", "8ZQL", "8ZQL", "IBSI"]));
        // PyRadiomics' kurtosis is 3 larger than IBSI's, so it must not carry that code.
        Assert.Contains(table.Rows, row => row.Cells.SequenceEqual(["original_firstorder_Kurtosis", "firstorder", "1", "", "Kurtosis", "99HEMA"]));
        Assert.All(table.Rows, row => Assert.InRange(row.Cells[4].Length, 1, 16));
    }

    [Fact]
    public async Task A_parameter_file_with_a_misspelled_key_is_refused_with_its_line()
    {
        File.WriteAllText(folder["wrong.yaml"], "setting:\n  label: 1\n  binwidth: 5\n");
        var (exitCode, output) = await RunAsync("--image", "a.nii", "--mask", "b.nii", "--params", folder["wrong.yaml"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("wrong.yaml, line 3: unknown setting binwidth", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_case_without_a_file_to_write_is_printed_a_line_a_feature()
    {
        Write("i.nii.gz", "m.nii.gz", 1);
        var (exitCode, output) = await RunAsync("--image", folder["i.nii.gz"], "--mask", folder["m.nii.gz"], "--profile", "ibsi");
        Assert.True(exitCode == 0, output);
        Assert.StartsWith("feature,value\n", output, StringComparison.Ordinal);
        Assert.Contains("\ncm_energy_3D_avg,", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_series_and_the_segmentation_that_analyze_made_of_it_are_measured()
    {
        var (made, told) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "phantom", "--seed", "22", "--matrix", "256", "--out", folder.Path],
            TestContext.Current.CancellationToken);
        Assert.True(made == 0, told);
        string series = folder["phantom-000022"];
        (made, told) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "analyze", series, "--out", folder["out"]],
            TestContext.Current.CancellationToken);
        Assert.True(made == 0 && File.Exists(folder["out/seg.dcm"]), told);
        var (exitCode, output) = await RunAsync("--image", series, "--mask", folder["out/seg.dcm"], "--out", folder["dicom.csv"],
            "--params", Path.Combine(SharedFiles.Repository, "config", "radiomics.yaml"));
        Assert.True(exitCode == 0, output);
        CsvFile table = CsvFile.Read(folder["dicom.csv"]);
        // The pipeline measured the same region on the same slices.
        JsonElement findings = JsonDocument.Parse(File.ReadAllText(folder["out/findings.json"])).RootElement.GetProperty("radiomics").GetProperty("values");
        Assert.Equal(107, findings.EnumerateObject().Count());
        foreach (JsonProperty feature in findings.EnumerateObject().Where(feature => feature.Value.ValueKind == JsonValueKind.Number))
            Assert.Equal(feature.Value.GetDouble(), Number(Cell(table, table.Rows[0], feature.Name)), 1e-9 * Math.Abs(feature.Value.GetDouble()));
    }

    [Fact]
    public async Task A_list_is_measured_to_its_end_and_what_failed_says_why()
    {
        Write("i.nii.gz", "m.nii.gz", 2);
        NiftiWriter.Write(folder["empty.nii.gz"], Grid, new byte[Grid.Count]);
        File.WriteAllText(folder["cases.csv"], """
            ID,Image,Mask,Label,Site,Note
            p1,i.nii.gz,m.nii.gz,2,A,"said ""yes"", twice"
            p2,gone.nii.gz,m.nii.gz,2,B,00012.500
            p3,i.nii.gz,empty.nii.gz,1,C,
            p4,i.nii.gz,m.nii.gz,9,D,"two
            lines"
            p5,i.nii.gz,m.nii.gz,clot,E,
            p6,i.nii.gz,m.nii.gz,2,F,
            """);
        var (exitCode, output) = await RunAsync("--list", folder["cases.csv"], "--out", folder["out.csv"], "--json", folder["out.json"], "--threads", "3");
        Assert.Equal(1, exitCode);
        Assert.Contains("2 of 6 cases measured", output, StringComparison.Ordinal);
        Assert.Contains("2 of 6: p2: ", output, StringComparison.Ordinal);

        byte[] bytes = File.ReadAllBytes(folder["out.csv"]);
        Assert.Equal("ID,Image"u8, bytes.AsSpan(0, 8));
        CsvFile table = CsvFile.Read(folder["out.csv"]);
        Assert.Equal(["ID", "Image", "Mask", "Label", "Site", "Note", "status", "reason", "warnings", "parameters"], table.Header.Take(10));
        Assert.StartsWith("diagnostics_", table.Header[10], StringComparison.Ordinal);
        Assert.StartsWith("original_", table.Header[^1], StringComparison.Ordinal);
        Assert.Equal(["p1", "p2", "p3", "p4", "p5", "p6"], table.Rows.Select(row => row.Cells[0]));
        Assert.Equal(["said \"yes\", twice", "00012.500", "", "two\nlines", "", ""], table.Rows.Select(row => row.Cells[5]));
        Assert.Equal(["ok", "failed", "failed", "failed", "failed", "ok"], table.Rows.Select(row => Cell(table, row, "status")));
        string[] reasons = [.. table.Rows.Select(row => Cell(table, row, "reason"))];
        Assert.Contains("gone.nii.gz is not there", reasons[1], StringComparison.Ordinal);
        Assert.Contains("is empty", reasons[2], StringComparison.Ordinal);
        Assert.Contains("no voxel of label 9, but of 2", reasons[3], StringComparison.Ordinal);
        Assert.Contains("no whole number", reasons[4], StringComparison.Ordinal);
        Assert.All(table.Rows.Where(row => Cell(table, row, "status") == "failed"), row => Assert.All(row.Cells.Skip(10), Assert.Empty));
        Assert.Equal(table.Rows[0].Cells.Skip(8), table.Rows[5].Cells.Skip(8));
        Assert.Equal(6, JsonDocument.Parse(File.ReadAllText(folder["out.json"])).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task A_case_of_which_some_classes_cannot_be_computed_is_partial_and_says_which()
    {
        Write("i.nii.gz", "m.nii.gz", 1);
        float[] spoilt = [.. Enumerable.Range(0, Grid.Count).Select(i => i == 3 + 12 * (5 + 11 * 4) ? float.NaN : i * 7919 % 83)];
        NiftiWriter.Write(folder["nan.nii.gz"], Grid, spoilt);
        File.WriteAllText(folder["cases.csv"], "ID,Image,Mask\np1,nan.nii.gz,m.nii.gz\n");
        var (exitCode, output) = await RunAsync("--list", folder["cases.csv"], "--out", folder["out.csv"]);
        Assert.True(exitCode == 0, output);
        CsvFile table = CsvFile.Read(folder["out.csv"]);
        Assert.Equal("partial", Cell(table, table.Rows[0], "status"));
        Assert.Equal("original firstorder, original glcm, original glrlm, original glszm, original gldm, original ngtdm: " +
            "a voxel of the region has intensity NaN: resample or mask it first", Cell(table, table.Rows[0], "reason"));
        Assert.Equal("nan", Cell(table, table.Rows[0], "original_glcm_Idn"));
        Assert.True(Number(Cell(table, table.Rows[0], "original_shape_MeshVolume")) > 0);
        (exitCode, output) = await RunAsync("--list", folder["cases.csv"], "--out", folder["out.csv"], "--resume");
        Assert.Contains("1 of 1 cases measured, 1 of them before", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_in_the_output_is_taken_over_and_what_failed_is_measured_again()
    {
        Write("i.nii.gz", "m.nii.gz", 1);
        File.WriteAllText(folder["cases.csv"], "ID,Image,Mask\np1,i.nii.gz,m.nii.gz\np2,late.nii.gz,m.nii.gz\n");
        Assert.Equal(1, (await RunAsync("--list", folder["cases.csv"], "--out", folder["out.csv"])).ExitCode);
        // The good row is marked, to see that it is kept; a row cut off by a power failure follows.
        string written = File.ReadAllText(folder["out.csv"]).Replace("p1,i.nii.gz,m.nii.gz,ok,,", "p1,i.nii.gz,m.nii.gz,ok,kept,", StringComparison.Ordinal);
        File.WriteAllText(folder["out.csv"], written + "p2,late");
        File.Copy(folder["i.nii.gz"], folder["late.nii.gz"]);
        var (exitCode, output) = await RunAsync("--list", folder["cases.csv"], "--out", folder["out.csv"], "--resume");
        Assert.True(exitCode == 0, output);
        Assert.Contains("2 of 2 cases measured, 1 of them before", output, StringComparison.Ordinal);
        CsvFile table = CsvFile.Read(folder["out.csv"]);
        Assert.Equal(["p1", "p2"], table.Rows.Select(row => row.Cells[0]));
        Assert.Equal(["kept", ""], table.Rows.Select(row => Cell(table, row, "reason")));
        Assert.Equal(table.Rows[0].Cells.Skip(5), table.Rows[1].Cells.Skip(5));

        (exitCode, output) = await RunAsync("--list", folder["cases.csv"], "--out", folder["out.csv"], "--resume", "--profile", "ibsi");
        Assert.Equal(2, exitCode);
        Assert.Contains("has other columns", output, StringComparison.Ordinal);

        // The same columns of other parameters or another label would pass for these.
        File.WriteAllText(folder["narrow.yaml"], "setting: {binWidth: 5}");
        foreach (string[] other in (string[][])[["--params", folder["narrow.yaml"]], ["--label", "2"]])
        {
            (exitCode, output) = await RunAsync(["--list", folder["cases.csv"], "--out", folder["out.csv"], "--resume", .. other]);
            Assert.Equal(2, exitCode);
            Assert.Contains("made with other parameters or another label", output, StringComparison.Ordinal);
        }

        // Nor are rows thrown away that another list measured.
        File.WriteAllText(folder["cases.csv"], "ID,Image,Mask\np2,late.nii.gz,m.nii.gz\n");
        (exitCode, output) = await RunAsync("--list", folder["cases.csv"], "--out", folder["out.csv"], "--resume");
        Assert.Equal(2, exitCode);
        Assert.Contains("1 measured rows that are not in this list", output, StringComparison.Ordinal);
        Assert.Equal(2, CsvFile.Read(folder["out.csv"]).Rows.Count);
    }

    [Fact]
    public async Task Stopped_by_the_user_it_keeps_the_rows_so_far_and_goes_on_from_there()
    {
        ImageGrid large = new(200, 200, 60, 0.5, 0.5, 2);
        NiftiWriter.Write(folder["i.nii.gz"], large, [.. Enumerable.Range(0, large.Count).Select(i => (short)(i * 7919 % 83))]);
        NiftiWriter.Write(folder["m.nii.gz"], large, [.. Enumerable.Repeat((byte)1, large.Count)]);
        File.WriteAllText(folder["cases.csv"], "ID,Image,Mask\n" + string.Concat(Enumerable.Range(1, 300).Select(k => $"p{k},i.nii.gz,m.nii.gz\n")));
        // A shell that runs the tests in its background has them, and so the agent, ignore the interrupt.
        ProcessStartInfo start = new("env", ["--default-signal=INT", "dotnet", AgentProcess.Program, "radiomics", "--list", folder["cases.csv"], "--out", folder["out.csv"]])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(Programs.WithoutOurs(start))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Eventually.SeeAsync("two rows", TimeSpan.FromMinutes(2),
            () => Task.FromResult(File.Exists(folder["out.csv"]) && File.ReadLines(folder["out.csv"]).Count() > 2));
        await Programs.RunAsync("/bin/kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)], TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("--resume goes on", await errors, StringComparison.Ordinal);
        Assert.NotEmpty(await output);
        CsvFile table = CsvFile.Read(folder["out.csv"]);
        Assert.InRange(table.Rows.Count, 2, 299);
        Assert.Equal(Enumerable.Range(1, table.Rows.Count).Select(k => $"p{k}"), table.Rows.Select(row => row.Cells[0]));
    }

    [Fact]
    public async Task Wrong_usage_ends_with_two_and_says_what_to_write()
    {
        File.WriteAllText(folder["wrong.csv"], "Picture,Mask\na,b\n");
        File.WriteAllText(folder["twice.csv"], "Image,Mask,status\na,b,c\n");
        File.WriteAllText(folder["ragged.csv"], "Image,Mask\na,b\na\n");
        await CheckAsync("give --image and --mask for one case", "--image", "a.nii");
        await CheckAsync("give --image and --mask for one case", "--image", "a.nii", "--mask", "b.nii", "--list", "c.csv");
        await CheckAsync("has no column Image", "--list", folder["wrong.csv"]);
        await CheckAsync("rename or remove it", "--list", folder["twice.csv"]);
        await CheckAsync("ragged.csv, line 3: 1 cells under 2 columns", "--list", folder["ragged.csv"]);
        await CheckAsync("it needs that", "--list", folder["twice.csv"], "--resume");
        await CheckAsync("give one of them", "--image", "a.nii", "--mask", "b.nii", "--label", "1", "--segment", "2");
        await CheckAsync("is a folder", "--image", "a.nii", "--mask", "b.nii", "--out", folder.Path);
        await CheckAsync("is not there: make it first", "--image", "a.nii", "--mask", "b.nii", "--out", folder["no/where.csv"]);
        await CheckAsync("redirect it", "--dictionary", "--out", folder["d.csv"]);

        async Task CheckAsync(string reason, params string[] arguments)
        {
            var (exitCode, output) = await RunAsync(arguments);
            Assert.True(exitCode == 2, output);
            Assert.Contains(reason, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_output_takes_the_place_of_what_was_read()
    {
        Write("i.nii.gz", "m.nii.gz", 1);
        File.WriteAllText(folder["cases.csv"], "Image,Mask\ni.nii.gz,m.nii.gz\n");
        File.WriteAllText(folder["params.yaml"], "setting: {binWidth: 5}\n");
        File.CreateSymbolicLink(folder["link.csv"], folder["cases.csv"]);
        byte[] list = File.ReadAllBytes(folder["cases.csv"]), image = File.ReadAllBytes(folder["i.nii.gz"]);
        string[] common = ["--list", folder["cases.csv"], "--params", folder["params.yaml"]];
        foreach (string[] outputs in (string[][])[["--out", folder["cases.csv"]], ["--out", folder["link.csv"]], ["--json", folder["cases.csv"]],
            ["--out", folder["params.yaml"]], ["--out", folder["i.nii.gz"]], ["--out", folder["a.csv"], "--json", folder["a.csv"]]])
        {
            var (exitCode, output) = await RunAsync([.. common, .. outputs]);
            Assert.True(exitCode == 2, output);
            Assert.Contains("name another output", output, StringComparison.Ordinal);
        }

        Assert.Equal(list, File.ReadAllBytes(folder["cases.csv"]));
        Assert.Equal(image, File.ReadAllBytes(folder["i.nii.gz"]));
    }

    [Fact]
    public async Task What_stands_at_the_output_is_written_into_and_not_replaced()
    {
        Write("i.nii.gz", "m.nii.gz", 1);
        File.WriteAllText(folder["there.csv"], "");
        File.CreateSymbolicLink(folder["link.csv"], folder["there.csv"]);
        var (exitCode, output) = await RunAsync("--image", folder["i.nii.gz"], "--mask", folder["m.nii.gz"], "--out", folder["link.csv"]);
        Assert.True(exitCode == 0, output);
        Assert.NotNull(new FileInfo(folder["link.csv"]).LinkTarget);
        Assert.Single(CsvFile.Read(folder["there.csv"]).Rows);
    }

    [Fact]
    public async Task A_second_run_with_the_same_output_is_refused_while_the_first_writes()
    {
        Write("i.nii.gz", "m.nii.gz", 1);
        File.WriteAllText(folder["out.csv"], "rows of the first");
        using (new FileStream(folder["out.csv.lock"], FileMode.Create, FileAccess.Write, FileShare.None))
            foreach (string[] resume in (string[][])[[], ["--resume"]])
            {
                var (refused, told) = await RunAsync(["--image", folder["i.nii.gz"], "--mask", folder["m.nii.gz"], "--out", folder["out.csv"], .. resume]);
                Assert.True(refused == 1, told);
                Assert.Contains("another run is writing", told, StringComparison.Ordinal);
            }

        Assert.Equal("rows of the first", File.ReadAllText(folder["out.csv"]));
        // The mark of a run that was killed holds nobody up, and goes.
        var (exitCode, output) = await RunAsync("--image", folder["i.nii.gz"], "--mask", folder["m.nii.gz"], "--out", folder["out.csv"]);
        Assert.True(exitCode == 0, output);
        Assert.False(File.Exists(folder["out.csv.lock"]));
    }

    [Fact]
    public async Task Help_teaches_with_examples()
    {
        var (exitCode, output) = await RunAsync("--help");
        Assert.Equal(0, exitCode);
        Assert.Contains("hematoma-agent radiomics --list cases.csv", output, StringComparison.Ordinal);
        foreach (string option in (string[])["--image", "--mask", "--list", "--params", "--label", "--segment", "--profile", "--out", "--json", "--threads",
            "--resume", "--dictionary"])
            Assert.Contains(option, output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static ImageGrid Grid { get; } = new(12, 11, 10, 0.5, 0.5, 2);

    private void Write(string image, string mask, byte label)
    {
        NiftiWriter.Write(folder[image], Grid, [.. Enumerable.Range(0, Grid.Count).Select(i => (short)(i * 7919 % 83))]);
        NiftiWriter.Write(folder[mask], Grid,
            [.. Enumerable.Range(0, Grid.Count).Select(i => i % 12 is > 2 and < 9 && i / 132 is > 1 and < 8 ? label : (byte)0)]);
    }

    private static string Cell(CsvFile table, CsvRow row, string column) => row.Cells[table.Find(column)];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        Programs.RunAsync("dotnet", [AgentProcess.Program, "radiomics", .. arguments], TestContext.Current.CancellationToken);
}
