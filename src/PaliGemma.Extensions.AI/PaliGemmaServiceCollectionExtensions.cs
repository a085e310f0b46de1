using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PaliGemma.Generation;

namespace PaliGemma.Extensions.AI;

/// <summary>Adds PaliGemma to an application's services.</summary>
public static class PaliGemmaServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="PaliGemmaPipeline"/>, which is loaded when it is first asked for, a <see cref="PaliGemmaChatClient"/> and, if there is none yet,
    /// the latter as <see cref="IChatClient"/>, all as singletons.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="path">The model's folder, or big_vision's .npz file.</param>
    /// <param name="model">How the model is loaded; null for the defaults.</param>
    /// <param name="chat">How the client serves; null for the defaults.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <example>
    /// <code>
    /// services.AddPaliGemma(folder);
    /// services.AddChatClient(provider => provider.GetRequiredService&lt;PaliGemmaChatClient>()).UseOpenTelemetry();
    /// </code>
    /// </example>
    public static IServiceCollection AddPaliGemma(
        this IServiceCollection services, string path, ModelOptions? model = null, PaliGemmaChatOptions? chat = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(path);
        services.AddSingleton(_ => PaliGemmaPipeline.Load(path, model));
        services.AddSingleton(provider => new PaliGemmaChatClient(provider.GetRequiredService<PaliGemmaPipeline>(), chat));
        services.TryAddSingleton<IChatClient>(provider => provider.GetRequiredService<PaliGemmaChatClient>());
        return services;
    }
}
