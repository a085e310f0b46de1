using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PaliGemma.Server.Access;
using PaliGemma.Server.Errors;
using PaliGemma.Server.Images;
using PaliGemma.Server.Metrics;
using PaliGemma.Server.OpenAI;
using PaliGemma.Server.Tasks;

namespace PaliGemma.Server;

/// <summary>The HTTP server: OpenAI's API and the tasks under <c>/v1</c>, the web page at <c>/</c>, and what operators want to know.</summary>
public static class PaliGemmaServer
{
    private static readonly string[] LoopbackNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Builds a server, which the caller then runs and disposes.</summary>
    /// <param name="options">Where to listen, who may use it, and limits.</param>
    /// <param name="models">At least one, the default in front; not owned.</param>
    /// <exception cref="ArgumentException">An option is out of its range, there is no model, or two have the same name.</exception>
    public static WebApplication Create(ServerOptions options, IReadOnlyList<ServedModel> models)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(models);
        options.Validate();
        if (models.Count == 0)
        {
            throw new ArgumentException("A server has at least one model.", nameof(models));
        }
        if (models.GroupBy(model => model.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } same)
        {
            throw new ArgumentException($"Two models have the name '{same.Key}'.", nameof(models));
        }
        // The folder that the program is started in is none of the server's: no configuration is read from it.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        Configure(builder, options);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(new ModelCatalog(models));
        WebApplication app = builder.Build();
        // From the beginning, not from the first time that somebody asks.
        _ = app.Services.GetRequiredService<MetricCollector>();
        Map(app, options);
        return app;
    }

    private static void Configure(WebApplicationBuilder builder, ServerOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
            kestrel.Listen(options.Address, options.Port);
        });
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // That the server cannot start is said by whoever starts it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (options.JsonLogs)
        {
            builder.Logging.AddJsonConsole(console => console.UseUtcTimestamp = true);
        }
        else
        {
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        }
        IServiceCollection services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTime);
        services.Configure<FormOptions>(form =>
        {
            form.MultipartBodyLengthLimit = options.MaxRequestBytes;
            // Pictures are not written to disk.
            form.MemoryBufferThreshold = options.MaxImageBytes + 1;
            form.ValueCountLimit = 64;
        });
        services.AddHostFiltering(filter => filter.AllowedHosts = AllowedHosts(options));
        services.AddRequestGate();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ServerJson.Readable);
            json.SerializerOptions.PropertyNamingPolicy = ServerJson.Readable.Options.PropertyNamingPolicy;
        });
        services.AddOpenApi(openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "PaliGemma";
            document.Info.Description = "A picture and a prompt go in; text, boxes or masks come out.";
            return Task.CompletedTask;
        }));
        services.AddSingleton<RemoteImages>();
        services.AddSingleton<ImageReader>();
        services.AddSingleton<PromptInputs>();
        services.AddSingleton<TaskService>();
        services.AddSingleton<ChatService>();
        services.AddSingleton<MetricCollector>();
    }

    private static List<string> AllowedHosts(ServerOptions options) =>
        options.HostNames.Count > 0 ? [.. options.HostNames]
        : IPAddress.IsLoopback(options.Address) ? [.. LoopbackNames, new UriBuilder { Host = $"{options.Address}" }.Uri.Host]
        : ["*"];

    private static void Map(WebApplication app, ServerOptions options)
    {
        app.UseMiddleware<RequestLogMiddleware>();
        app.UseMiddleware<SecurityHeadersMiddleware>();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseHostFiltering();
        app.UseRouting();
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase),
            api =>
            {
                api.UseMiddleware<TimeLimitMiddleware>();
                api.UseMiddleware<SameOriginMiddleware>();
                if (options.ApiKeys.Count > 0)
                {
                    api.UseMiddleware<ApiKeyMiddleware>();
                }
            });
        app.UseRateLimiter();
        UsePage(app);

        RouteGroupBuilder work = app.MapGroup("/v1").RequireRateLimiting(RequestGate.Policy);
        TaskEndpoints.Map(work);
        ChatEndpoints.Map(work);
        ModelEndpoints.Map(app.MapGroup("/v1"));
        HealthEndpoints.Map(app);
        MetricsEndpoint.Map(app);
        app.MapOpenApi();
    }

    /// <summary>Serves the files of the page, which are part of the assembly.</summary>
    private static void UsePage(WebApplication app)
    {
        ManifestEmbeddedFileProvider files = new(typeof(PaliGemmaServer).Assembly, "wwwroot");
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache",
        });
    }
}
