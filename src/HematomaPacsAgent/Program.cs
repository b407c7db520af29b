using System.CommandLine;
using HematomaPacsAgent;
using HematomaPacsAgent.Commands;

if (args is [Jpeg2000Process.Verb]) return Jpeg2000Process.Run();
if (args is [InferenceProcess.Verb]) return InferenceProcess.Run();
Jpeg2000Process.Offer();

RootCommand root = new("""
    hematoma-agent: receives head CTs from a PACS by C-STORE, segments the hematoma, classifies the non-contrast CT signs, computes radiomics and a nomogram for early
    hematoma expansion, and sends SEG and SR back. The bundled models are demonstrations, trained without clinical data: not for clinical use.

    Begin with:  hematoma-agent demo          the whole loop on this machine
                 hematoma-agent verify        checks configuration, models, database and PACS
                 hematoma-agent serve         the worker
    Exit codes:  0 done, 1 failed, 2 wrong usage or configuration, 3 the study cannot be analysed (not eligible)
    """);
root.Add(DemoCommand.Build());
root.Add(ServeCommand.Build());
root.Add(AnalyzeCommand.Build());
root.Add(SendCommand.Build());
root.Add(EchoCommand.Build());
root.Add(DumpCommand.Build());
root.Add(ReceiveCommand.Build());
root.Add(JobsCommand.Build());
root.Add(VerifyCommand.Build());
root.Add(MigrateCommand.Build());
root.Add(ModelsCommand.Build());
root.Add(RadiomicsCommand.Build());
root.Add(PhantomCommand.Build());
root.Add(EvaluateCommand.Build());

ParseResult parsed = root.Parse(args);
return parsed.Errors.Count > 0
    ? CommandRun.UsageError(parsed)
    : await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
