using System.ComponentModel.DataAnnotations;
using System.Net;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Dashboard;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline;
using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Series;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HematomaPacsAgent;

/// <summary>The wiring: configuration to services. Built once for <c>serve</c> and once inside <c>demo</c>.</summary>
internal static class AgentHost
{
    /// <summary>Builds the agent on a database that is there; nothing runs yet.</summary>
    public static WebApplication Build(IConfiguration settings, NpgsqlDataSource database, Models models, Action<ILoggingBuilder> logging)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(settings);
        builder.Logging.ClearProviders();
        logging(builder.Logging);
        IServiceCollection services = builder.Services;
        Bind<DicomOptions>(services, settings, "Dicom");
        Bind<ResultOptions>(services, settings, "Results");
        Bind<SeriesRules>(services, settings, "Series");
        Bind<DashboardOptions>(services, settings, "Dashboard");
        Bind<IntakeOptions>(services, settings, "Intake");
        Bind<JobOptions>(services, settings, "Jobs");
        Bind<DeliveryOptions>(services, settings, "Delivery");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<IntakeOptions>, IntakeOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JobOptions>, JobOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DeliveryOptions>, DeliveryOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SeriesRules>, SeriesRulesValidator>());
        services.PostConfigure<IntakeOptions>(intake => intake.SpoolFolder = SpoolFolder(settings));
        services.PostConfigure<DeliveryOptions>(delivery =>
        {
            // Unless a destination says otherwise we call it by the name we answer to.
            string own = settings["Dicom:AeTitle"] ?? new DicomOptions().AeTitle;
            for (int i = 0; i < delivery.Destinations.Count; i++)
                if (settings[$"Delivery:Destinations:{i}:CallingAeTitle"] is null) delivery.Destinations[i].CallingAeTitle = own;
        });

        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(database);
        services.AddSingleton(provider => models.Pipeline(provider.GetRequiredService<IOptions<SeriesRules>>().Value,
            provider.GetRequiredService<IOptions<ResultOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<JobQueue>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<Spool>();
        services.AddSingleton(provider => new DurableFiles(provider.GetRequiredService<IOptions<IntakeOptions>>().Value.Durability));
        services.AddSingleton<StudyHold>();
        services.AddSingleton<StudyStore>();
        services.AddSingleton<SpoolReconciler>();
        services.AddSingleton<StudyAnalysis>(provider =>
            ActivatorUtilities.CreateInstance<SpoolAnalysis>(provider).RunAsync);
        services.AddSingleton(Listener);
        services.AddSingleton<AgentHealth>();
        services.AddHostedService<ListenerService>();
        services.AddHostedService(provider => provider.GetRequiredService<StudyHold>());
        services.AddHostedService<JobWorker>();
        services.AddHostedService<DeliveryWorker>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));

        int port = Validated<DashboardOptions>(settings, "Dashboard").Port;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        WebApplication app = builder.Build();
        app.Use(SayWhenTheDatabaseIsAway);
        app.MapDashboard();
        return app;
    }

    /// <summary>Where instances and results are kept.</summary>
    public static string SpoolFolder(IConfiguration settings) =>
        settings["Intake:SpoolFolder"] is { Length: > 0 } folder ? Path.GetFullPath(folder) : Path.Combine(DataFolder(settings), "spool");

    /// <summary>The private database, and the spool unless it lies elsewhere.</summary>
    public static string DataFolder(IConfiguration settings) => Path.GetFullPath(settings["DataFolder"] is { Length: > 0 } folder ? folder : "data");

    /// <summary>The section <c>Inference</c>, checked.</summary>
    /// <exception cref="OptionsValidationException">All that is wrong with it.</exception>
    public static InferenceOptions Inference(IConfiguration settings)
    {
        if (settings["Inference:Device"] is { } device && !Enum.GetNames<InferenceDevice>().Contains(device, StringComparer.OrdinalIgnoreCase))
            throw new OptionsValidationException("Inference", typeof(InferenceOptions), [$"Inference:Device is '{device}'; it can be cpu, cuda or auto"]);
        InferenceOptions options = Validated<InferenceOptions>(settings, "Inference");
        if (options.PluginLibrary.Length > 0) options.PluginLibrary = AgentSettings.BesideProgram(options.PluginLibrary);
        return options;
    }

    /// <summary>A section of the configuration, bound and checked.</summary>
    /// <exception cref="OptionsValidationException">All that is wrong with it.</exception>
    public static T Validated<T>(IConfiguration settings, string section) where T : class, new()
    {
        T options = new();
        List<string> wrong = [.. AgentSettings.Misshapen(settings.GetSection(section), typeof(T))];
        if (wrong.Count == 0)
            try
            {
                settings.GetSection(section).Bind(options);
                List<ValidationResult> results = [];
                Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
                wrong.AddRange(results.Select(result => $"{section}: {result.ErrorMessage}"));
            }
            catch (InvalidOperationException unreadable)
            {
                wrong.Add($"{section}: {unreadable.Message} A duration is written hh:mm:ss, a switch true or false");
            }

        return wrong.Count == 0 ? options : throw new OptionsValidationException(section, typeof(T), wrong);
    }

    /// <summary>Checks the whole configuration, before anything is started or made.</summary>
    /// <exception cref="OptionsValidationException">All that is wrong, section by section.</exception>
    public static void Check(IConfiguration settings)
    {
        List<string> wrong = [.. AgentSettings.UnknownSections(settings)];
        foreach (Action section in (Action[])
                 [
                     () => Validated<DicomOptions>(settings, "Dicom"), () => Validated<ModelOptions>(settings, "Models"), () => Validated<ResultOptions>(settings, "Results"), () => Inference(settings),
                     () => Validated<DashboardOptions>(settings, "Dashboard"), () => Validated<IntakeOptions>(settings, "Intake"), () => Validated<JobOptions>(settings, "Jobs"),
                     () => Validated<SeriesRules>(settings, "Series"),
                     () => Nested(new DeliveryOptionsValidator().Validate(null, Validated<DeliveryOptions>(settings, "Delivery"))),
                 ])
            try
            {
                section();
            }
            catch (OptionsValidationException invalid)
            {
                wrong.AddRange(invalid.Failures);
            }

        if (wrong.Count > 0) throw new OptionsValidationException("configuration", typeof(AgentHost), wrong);

        static void Nested(ValidateOptionsResult result)
        {
            if (result.Failed) throw new OptionsValidationException("Delivery", typeof(DeliveryOptions), result.Failures);
        }
    }

    private static void Bind<T>(IServiceCollection services, IConfiguration settings, string section) where T : class =>
        services.AddOptions<T>().Bind(settings.GetSection(section)).ValidateDataAnnotations().ValidateOnStart();

    private static DicomListener Listener(IServiceProvider provider) => new(
        provider.GetRequiredService<IOptions<DicomOptions>>().Value.Listener(),
        provider.GetRequiredService<StudyStore>(), provider.GetRequiredService<ILogger<DicomListener>>(), provider.GetRequiredService<TimeProvider>());

    private static async Task SayWhenTheDatabaseIsAway(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (NpgsqlException away) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync($"The database does not answer: {away.Message}");
        }
    }
}
