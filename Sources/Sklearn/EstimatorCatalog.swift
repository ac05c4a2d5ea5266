import ModelGraph

/// The closed list of classes that are rebuilt, by the names under which scikit-learn 0.24 to 1.7 saves them.
enum EstimatorCatalog {
    typealias ModelBuilder =
        @Sendable (Estimator, FeatureMatrix, inout GraphAssembly) throws(ConversionError) -> Outputs
    typealias TransformerBuilder =
        @Sendable (Estimator, FeatureMatrix, inout GraphAssembly) throws(ConversionError) -> FeatureMatrix

    /// Searches for parameters: what they found is the model.
    static let searches: Set<String> = [
        "sklearn.model_selection._search.GridSearchCV", "sklearn.model_selection._search.RandomizedSearchCV",
    ]

    /// Classes that are made of others, or take text.
    private static let others: Set<String> = [
        "sklearn.preprocessing._encoders.OneHotEncoder", "sklearn.pipeline.Pipeline", "sklearn.pipeline.FeatureUnion",
        "sklearn.compose._column_transformer.ColumnTransformer",
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
    ]

    /// Whether a class is on the list.
    static func knows(_ className: String) -> Bool {
        models[className] != nil || transformers[className] != nil || searches.contains(className)
            || others.contains(className)
    }

    static let models: [String: ModelBuilder] = [
        "sklearn.linear_model._logistic.LogisticRegression": LinearModels.logisticRegression,
        "sklearn.linear_model._logistic.LogisticRegressionCV": LinearModels.logisticRegression,
        "sklearn.linear_model._base.LinearRegression": LinearModels.regressor,
        "sklearn.linear_model._ridge.Ridge": LinearModels.regressor,
        "sklearn.linear_model._ridge.RidgeCV": LinearModels.regressor,
        "sklearn.linear_model._coordinate_descent.Lasso": LinearModels.regressor,
        "sklearn.linear_model._coordinate_descent.LassoCV": LinearModels.regressor,
        "sklearn.linear_model._coordinate_descent.ElasticNet": LinearModels.regressor,
        "sklearn.linear_model._coordinate_descent.ElasticNetCV": LinearModels.regressor,
        "sklearn.linear_model._coordinate_descent.MultiTaskLasso": LinearModels.regressor,
        "sklearn.linear_model._coordinate_descent.MultiTaskElasticNet": LinearModels.regressor,
        "sklearn.linear_model._stochastic_gradient.SGDRegressor": LinearModels.regressor,
        "sklearn.linear_model._bayes.BayesianRidge": LinearModels.regressor,
        "sklearn.linear_model._bayes.ARDRegression": LinearModels.regressor,
        "sklearn.linear_model._huber.HuberRegressor": LinearModels.regressor,
        "sklearn.linear_model._quantile.QuantileRegressor": LinearModels.regressor,
        "sklearn.svm._classes.LinearSVR": LinearModels.regressor,
        "sklearn.linear_model._glm.glm.PoissonRegressor": LinearModels.logarithmicRegressor,
        "sklearn.linear_model._glm.glm.GammaRegressor": LinearModels.logarithmicRegressor,
        "sklearn.linear_model._ridge.RidgeClassifier": LinearModels.decider,
        "sklearn.linear_model._ridge.RidgeClassifierCV": LinearModels.decider,
        "sklearn.linear_model._perceptron.Perceptron": LinearModels.decider,
        "sklearn.svm._classes.LinearSVC": LinearModels.decider,
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": LinearModels.discriminants,
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier": NeuralNetworks.classifier,
        "sklearn.neural_network._multilayer_perceptron.MLPRegressor": NeuralNetworks.regressor,
        "sklearn.tree._classes.DecisionTreeClassifier": TreeModels.classifier,
        "sklearn.tree._classes.DecisionTreeRegressor": TreeModels.regressor,
        "sklearn.tree._classes.ExtraTreeClassifier": TreeModels.classifier,
        "sklearn.tree._classes.ExtraTreeRegressor": TreeModels.regressor,
        "sklearn.ensemble._forest.RandomForestClassifier": TreeModels.forestClassifier,
        "sklearn.ensemble._forest.RandomForestRegressor": TreeModels.forestRegressor,
        "sklearn.ensemble._forest.ExtraTreesClassifier": TreeModels.forestClassifier,
        "sklearn.ensemble._forest.ExtraTreesRegressor": TreeModels.forestRegressor,
        "sklearn.ensemble._gb.GradientBoostingClassifier": GradientBoosting.classifier,
        "sklearn.ensemble._gb.GradientBoostingRegressor": GradientBoosting.regressor,
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier":
            HistogramBoosting.classifier,
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor":
            HistogramBoosting.regressor,
        "sklearn.cluster._kmeans.KMeans": Clusters.means,
        "sklearn.cluster._kmeans.MiniBatchKMeans": Clusters.means,
    ]

    static let transformers: [String: TransformerBuilder] = [
        "sklearn.preprocessing._data.StandardScaler": Scalers.standard,
        "sklearn.preprocessing._data.MinMaxScaler": Scalers.range,
        "sklearn.preprocessing._data.MaxAbsScaler": Scalers.largest,
        "sklearn.preprocessing._data.RobustScaler": Scalers.robust,
        "sklearn.preprocessing._data.Normalizer": Scalers.normaliser,
        "sklearn.preprocessing._data.Binarizer": Scalers.binariser,
        "sklearn.impute._base.SimpleImputer": Imputer.simple,
        "sklearn.decomposition._pca.PCA": Projections.principalComponents,
        "sklearn.decomposition._incremental_pca.IncrementalPCA": Projections.principalComponents,
        "sklearn.decomposition._truncated_svd.TruncatedSVD": Projections.truncated,
    ]
}
